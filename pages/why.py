"""Why this class: where a network looks, where a digit may be missing, and how little changes the answer."""

from dashboard.server import caches
from dashboard.server.session import get_session
from dashboard.why import attribution_views, deconvnet_views, erasure_views, hole_views
from dashboard.widgets import inputs, outputs
from dashboard.widgets.scene import show_bench

zoo, problems = caches.zoo()
session = get_session()
data = outputs.current_data()
outputs.show_problems(problems)
outputs.show_text("why")

VIEWS = {
    "Where it looks": attribution_views.show_looks,
    "What its maps saw": deconvnet_views.show_places,
    "A hole everywhere": hole_views.show_holes,
    "The smallest erasure": erasure_views.show_erasures,
}
show_bench(VIEWS[inputs.choose_view(VIEWS, key="why view")], session, data, zoo)
