"""The views of the page "One window at a time"."""

from functools import wraps
from typing import Any

from dashboard.convolution import filter_views, network_views, number_views, pooling_views, size_views
from dashboard.server import locks
from dashboard.shell.page import Show, View


def _in_turn(show: Show) -> Show:
    """Return a view that waits for its turn: thirty at once would only compete for the interpreter."""

    @wraps(show)
    def show_in_turn(*scene: Any) -> None:
        with locks.LIVE:
            show(*scene)

    return show_in_turn


VIEWS = (
    View("One number", _in_turn(number_views.show_one_number)),
    View("Output size", _in_turn(size_views.show_size)),
    View("Filters by hand", _in_turn(filter_views.show_filters)),
    View("Pooling", _in_turn(pooling_views.show_pooling)),
    View("1-D to 3-D", _in_turn(size_views.show_dimensions)),
    View("Neighbours", _in_turn(network_views.show_neighbours)),
    View("Batch norm", _in_turn(network_views.show_batch_norm)),
    View("Dropout", _in_turn(network_views.show_dropout)),
    View("Whole network", _in_turn(network_views.show_whole)),
)
