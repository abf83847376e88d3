"""Nearest digits: a digit that resembles one seen before takes over its label and skips the deeper layers."""

from dashboard.server import caches
from dashboard.server.session import get_session
from dashboard.similarity import digit_views, recorded_views, second_model_views, threshold_views
from dashboard.widgets.data_set import current_data
from dashboard.widgets.scene import show_bench
from dashboard.widgets.texts import show_problems, show_text
from dashboard.widgets.views import choose_view

zoo, problems = caches.shipped_zoo()
session = get_session()
data = current_data()
show_problems(problems)
show_text("similarity")

VIEWS = {
    "Your digit": digit_views.show_digit,
    "Threshold": threshold_views.show_threshold,
}
if recorded_views.find_record(data) is not None:
    VIEWS["Recorded"] = recorded_views.show_recorded
VIEWS["Second network"] = second_model_views.show_second
show_bench(VIEWS[choose_view(VIEWS, key="similarity view")], session, data, zoo)
