"""Why this class: where a network looks, where a digit may be missing, and how little changes the answer."""

from dashboard.server import caches
from dashboard.server.session import get_session
from dashboard.why import attribution_views, deconvnet_views, erasure_views, hole_views
from dashboard.widgets.data_set import current_data
from dashboard.widgets.scene import show_bench
from dashboard.widgets.texts import show_problems, show_text
from dashboard.widgets.views import choose_view

zoo, problems = caches.zoo()
session = get_session()
data = current_data()
show_problems(problems)
show_text("why")

VIEWS = {
    "Where it looks": attribution_views.show_looks,
    "What its maps saw": deconvnet_views.show_places,
    "A hole everywhere": hole_views.show_holes,
    "The smallest erasure": erasure_views.show_erasures,
}
show_bench(VIEWS[choose_view(VIEWS, key="why view")], session, data, zoo)
