"""What the page Attack shows."""

from dashboard.attack import defence_views, digit_views, falls_views, universal_views
from dashboard.shell.page import View

VIEWS = (
    View("One digit", digit_views.show_digit),
    View("Noise for all", universal_views.show_noise),
    View("Who falls", falls_views.show_falls, lambda data, zoo: falls_views.find_record(data) is not None),
    View("Defence", defence_views.show_defence, lambda data, zoo: defence_views.ROBUST in zoo),
)
