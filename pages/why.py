"""Why this class: where a network looks, where a digit may be missing, and how little changes the answer."""

import streamlit as st

from dashboard import cache, inputs, outputs, state
from dashboard.why import erasure_views, hole_views, look_views, place_views

zoo, problems = cache.zoo()
session = state.open_link(tuple(zoo))
data = outputs.current_data()
outputs.show_problems([*problems, *session.problems])
outputs.show_text("why")

VIEWS = {
    "Where it looks": look_views.show_looks,
    "What its maps saw": place_views.show_places,
    "A hole everywhere": hole_views.show_holes,
    "The smallest erasure": erasure_views.show_erasures,
}
view = inputs.choose_view(VIEWS, key="why view")


@st.fragment
def bench() -> None:
    """What a click or a stroke reruns: only this."""
    VIEWS[view](session, data, zoo)
    st.html(inputs.heard())  # last: now the canvas may send again


bench()
