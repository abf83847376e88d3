"""The views of the page "Made digits"."""

from dashboard.made_digits import pretraining_views, real_or_made_views, sampling_views, training_views
from dashboard.shell.page import View

VIEWS = (
    View("Make digits", sampling_views.show_making),
    View("Real or made?", real_or_made_views.show_quiz),
    View("Training", training_views.show_learning),
    View("Pretraining", pretraining_views.show_help),
    View("Background", pretraining_views.show_prospects),
)
