"""The views of the page "One window at a time"."""

from dashboard.convolution import filter_views, network_views, number_views, pooling_views, size_views
from dashboard.shell.page import View

VIEWS = (
    View("One number", number_views.show_one_number),
    View("Output size", size_views.show_size),
    View("Filters by hand", filter_views.show_filters),
    View("Pooling", pooling_views.show_pooling),
    View("1-D to 3-D", size_views.show_dimensions),
    View("Neighbours", network_views.show_neighbours),
    View("Batch norm", network_views.show_batch_norm),
    View("Dropout", network_views.show_dropout),
    View("Whole network", network_views.show_whole),
)
