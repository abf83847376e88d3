"""Feature maps: a digit through every stage of a network, two digits or two networks side by side, and the filters."""

import streamlit as st

from dashboard.feature_maps import digit_views, filter_views, pair_views
from dashboard.server import caches
from dashboard.server.session import get_session
from dashboard.widgets.data_set import current_data
from dashboard.widgets.scene import show_bench
from dashboard.widgets.texts import show_problems, show_text
from dashboard.widgets.views import choose_view

zoo, problems = caches.shipped_zoo()
session = get_session()
data = current_data()
show_problems(problems)
show_text("feature_maps")

VIEWS = {
    "One digit": digit_views.show_digit,
    "Two digits": pair_views.show_digits,
    "Two networks": pair_views.show_networks,
    "Filters": filter_views.show_filters,
}
show_bench(VIEWS[choose_view(VIEWS, key="maps view")], session, data, zoo)
with st.expander("What to look for"):  # not in the bench: strokes do not change it
    show_text("feature_maps_reading")
