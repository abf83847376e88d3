"""The views of the page "What activates a neuron"."""

from dashboard.maximize import views
from dashboard.shell.page import View

VIEWS = (
    View("Ten digits", views.show_classes),
    View("Every map", views.show_maps),
    View("From a digit", views.show_digit),
    View("Side by side", views.show_side_by_side),
    View("One neuron", views.show_neuron),
)
