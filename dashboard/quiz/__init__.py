"""The views of the page "Human or machine"."""

from dashboard.quiz import play_views, room_views
from dashboard.shell.page import View

VIEWS = (
    View("Play", play_views.show_play),
    View("The room", room_views.show_room),
)
