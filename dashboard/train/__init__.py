"""What the page Train shows."""

from dashboard.shell.page import View
from dashboard.train import compare_views, keep_views, result_views, setup_views, watch_views

VIEWS = (
    View("Set up", setup_views.show_setup),
    View(setup_views.WATCH, watch_views.show_watch),
    View("Result", result_views.show_result),
    View("Compare", compare_views.show_comparison),
    View("Keep", keep_views.show_keep),
)
