"""Why this class: where a network looks, where a digit may be missing, and how little changes the answer."""

from dashboard import cache, inputs, outputs, state
from dashboard.scene import show_bench
from dashboard.why import erasure_views, hole_views, look_views, place_views

zoo, problems = cache.zoo()
session = state.get_state()
data = outputs.current_data()
outputs.show_problems(problems)
outputs.show_text("why")

VIEWS = {
    "Where it looks": look_views.show_looks,
    "What its maps saw": place_views.show_places,
    "A hole everywhere": hole_views.show_holes,
    "The smallest erasure": erasure_views.show_erasures,
}
show_bench(VIEWS[inputs.choose_view(VIEWS, key="why view")], session, data, zoo)
