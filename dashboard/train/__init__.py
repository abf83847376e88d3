"""What the page Train shows."""

from core.digits.datasets import Dataset
from dashboard.server.caches import Zoo
from dashboard.server.session import Session
from dashboard.shell.page import View
from dashboard.train import compare_views, result_views, runs_views, setup_views, watch_views
from dashboard.widgets import jobs

VIEWS = (
    View(setup_views.SET_UP, setup_views.show_setup),
    View(setup_views.WATCH, watch_views.show_watch),
    View("Result", result_views.show_result),
    View("Compare", compare_views.show_comparison),
    View("Runs", runs_views.show_runs),
)


def show_above(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Open the view that the last run asked for, and show what is running or damaged."""
    setup_views.go_to_next(session, data, zoo)
    watch_views.show_running(session, data, zoo)
    jobs.show_damaged()
