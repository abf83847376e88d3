"""The views of the page "Results"."""

from dashboard.results import views
from dashboard.shell.page import View

VIEWS = (
    View("The idea", views.show_idea),
    View("Other activations", views.show_activations),
    View("All figures", views.show_figures),
    View("Beside the talk", views.show_published),
    View("Sentence by sentence", views.show_sentences),
)
