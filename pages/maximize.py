"""What fires a neuron: pictures that climb, from noise or from a digit, until a class or a map likes nothing better."""

import streamlit as st

from dashboard import cache, inputs, outputs, state
from dashboard.maximize_views import VIEWS

zoo, problems = cache.zoo()
session = state.open_link(tuple(zoo))
data = outputs.current_data()
outputs.show_problems(problems)
outputs.show_text("maximize")

view = st.segmented_control(
    "View", list(VIEWS), default=next(iter(VIEWS)), key="maximize view", persist_state="session", required=True,
    wrap=True, label_visibility="collapsed",
)  # fmt: skip
VIEWS[view or next(iter(VIEWS))](session, data, zoo)
st.html(inputs.heard())  # last: now the canvas may send again
