"""The views of the page "One window at a time"."""

from dashboard.convolution import (
    filter_views,
    network_views,
    number_views,
    picture_view,
    pooling_views,
    saturation_views,
    size_views,
)
from dashboard.shell.page import View

VIEWS = (
    View("Whole network", picture_view.show_picture, any_classes=True),
    View("One number", number_views.show_one_number, any_classes=True),
    View("Output size", size_views.show_size, any_classes=True),
    View("Filters by hand", filter_views.show_filters, any_classes=True),
    View("Pooling", pooling_views.show_pooling, any_classes=True),
    View("1-D to 3-D", size_views.show_dimensions, any_classes=True),
    View("Neighbours", network_views.show_neighbours, any_classes=True),
    View("Batch norm", network_views.show_batch_norm, any_classes=True),
    View("Saturation", saturation_views.show_saturation, any_classes=True),
    View("Dropout", network_views.show_dropout, any_classes=True),
    View("Shapes and activations", network_views.show_shapes, any_classes=True),
)
