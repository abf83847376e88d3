"""The views of the page "What activates a neuron"."""

from dashboard.maximize import views
from dashboard.shell.page import View

VIEWS = (
    View("Ten digits", views.show_classes, any_classes=True),
    View("Every map", views.show_maps, any_classes=True),
    View("From a digit", views.show_digit, any_classes=True),
    View("Side by side", views.show_side_by_side, any_classes=True),
    View("Compare methods", views.show_methods, any_classes=True),
    View("One neuron", views.show_neuron, any_classes=True),
)
