"""The views of the page "Results"."""

from dashboard.results import source_views, story_views, views
from dashboard.shell.page import View

VIEWS = (
    View("Summary", story_views.show_story),
    View("Variants", views.show_idea),
    View("Other activations", views.show_activations),
    View("All accuracies", views.show_figures),
    View("Compared with the talk", views.show_published),
    View("Source by source", source_views.show_sources),
    View("Conclusions", views.show_sentences),
)
