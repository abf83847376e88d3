"""One window at a time: from the whole network to one multiplication, and what else a convolution is made of."""

from typing import Any

from dashboard.convolution import filter_views, network_views, number_views, size_views
from dashboard.server import caches, locks
from dashboard.server.session import get_session
from dashboard.widgets.data_set import current_data
from dashboard.widgets.scene import show_bench
from dashboard.widgets.texts import show_problems, show_text
from dashboard.widgets.views import choose_view

zoo, problems = caches.shipped_zoo()
session = get_session()
data = current_data()
show_problems(problems)
show_text("convolution")

VIEWS = {
    "One number": number_views.show_one_number,
    "Output size": size_views.show_size,
    "Filters by hand": filter_views.show_filters,
    "Pooling": filter_views.show_pooling,
    "1-D to 3-D": size_views.show_dimensions,
    "Neighbours": network_views.show_neighbours,
    "Batch norm": network_views.show_batch_norm,
    "Dropout": network_views.show_dropout,
    "Whole network": network_views.show_whole,
}
view = choose_view(VIEWS, key="lesson view")


def show_in_turn(*scene: Any) -> None:
    """Show the view when no one else computes: thirty at once only fight over the interpreter."""
    with locks.LIVE:
        VIEWS[view](*scene)


show_bench(show_in_turn, session, data, zoo)
