"""The views of the page "Feature maps"."""

from dashboard.feature_maps import digit_views, filter_views, needed_views, pair_views, switch_views
from dashboard.shell.page import View

VIEWS = (
    View("One digit", digit_views.show_digit, any_classes=True),
    View("Switch off", switch_views.show_switched, any_classes=True),
    View("Needed maps", needed_views.show_needed, any_classes=True),
    View("Two digits", pair_views.show_digits, any_classes=True),
    View("Two networks", pair_views.show_networks, any_classes=True),
    View("Filters", filter_views.show_filters, any_classes=True),
)
