"""The views of the page "Human or machine"."""

from dashboard.quiz import play_views, room_views, rounds
from dashboard.shell.page import View

VIEWS = (
    View(rounds.PLAY, play_views.show_play),
    View("The room", room_views.show_room),
)
