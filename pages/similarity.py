"""Nearest digits: a digit that resembles one seen before takes over its label and skips the deeper layers."""

import streamlit as st

from dashboard import cache, inputs, outputs, state
from dashboard.shortcut import digit_views, recorded_views, second_views, threshold_views

zoo, problems = cache.laboratory()
session = state.open_link(tuple(cache.zoo()[0]))
data = outputs.current_data()
outputs.show_problems([*problems, *session.problems])
outputs.show_text("similarity")

VIEWS = {
    "Your digit": digit_views.show_digit,
    "Threshold": threshold_views.show_threshold,
}
if recorded_views.find_record(data) is not None:
    VIEWS["Recorded"] = recorded_views.show_recorded
VIEWS["Second network"] = second_views.show_second
view = inputs.choose_view(VIEWS, key="similarity view")


@st.fragment
def bench() -> None:
    """What a click or a stroke reruns: only this."""
    VIEWS[view](session, data, zoo)
    st.html(inputs.heard())  # last: now the canvas may send again


bench()
