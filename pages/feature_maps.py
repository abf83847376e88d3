"""Feature maps: a digit through every stage of a network, two digits or two networks side by side, and the filters."""

import streamlit as st

from dashboard.feature_maps import digit_views, filter_views, pair_views
from dashboard.server import caches
from dashboard.server.session import get_session
from dashboard.widgets import inputs, outputs
from dashboard.widgets.scene import show_bench

zoo, problems = caches.shipped_zoo()
session = get_session()
data = outputs.current_data()
outputs.show_problems(problems)
outputs.show_text("feature_maps")

VIEWS = {
    "One digit": digit_views.show_digit,
    "Two digits": pair_views.show_digits,
    "Two networks": pair_views.show_networks,
    "Filters": filter_views.show_filters,
}
show_bench(VIEWS[inputs.choose_view(VIEWS, key="maps view")], session, data, zoo)
with st.expander("What to look for"):  # not in the bench: strokes do not change it
    outputs.show_text("feature_maps_reading")
