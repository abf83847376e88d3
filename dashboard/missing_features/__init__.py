"""The views of the page "Missing features"."""

from dashboard.missing_features import algebra_views, amplify_views, idea_views, variant_views
from dashboard.shell.page import View

VIEWS = (
    View("The idea", idea_views.show_idea, lambda data, zoo: idea_views.NAME in zoo, below=idea_views.show_atlas),
    View("Amplify", amplify_views.show_amplified, lambda data, zoo: {*amplify_views.NAMES} <= {*zoo}),
    View("Variants", variant_views.show_variants),
    View("The algebra", algebra_views.show_algebra),
    View("Freezing", algebra_views.show_freezing),
    View("Synergy", variant_views.show_synergy, lambda data, zoo: "standard" in zoo),
)
