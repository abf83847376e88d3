"""Nearest digits: a digit that resembles one seen before takes over its label and skips the deeper layers."""

from dashboard.server import caches
from dashboard.server.session import get_session
from dashboard.similarity import digit_views, recorded_views, second_model_views, threshold_views
from dashboard.widgets import inputs, outputs
from dashboard.widgets.scene import show_bench

zoo, problems = caches.shipped_zoo()
session = get_session()
data = outputs.current_data()
outputs.show_problems(problems)
outputs.show_text("similarity")

VIEWS = {
    "Your digit": digit_views.show_digit,
    "Threshold": threshold_views.show_threshold,
}
if recorded_views.find_record(data) is not None:
    VIEWS["Recorded"] = recorded_views.show_recorded
VIEWS["Second network"] = second_model_views.show_second
show_bench(VIEWS[inputs.choose_view(VIEWS, key="similarity view")], session, data, zoo)
