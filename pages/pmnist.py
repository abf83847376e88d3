"""PMNIST: the four cuts on any digit, and how well every network reads them."""

import streamlit as st

from dashboard import cache, outputs, pmnist_views, state

zoo, problems = cache.zoo()
session = state.open_link(tuple(zoo))
data = outputs.current_data()
outputs.show_problems(problems)
outputs.show_text("pmnist")

VIEWS = {
    "The cuts": pmnist_views.show_cuts,
    "Watch it go": pmnist_views.show_growth,
    "The table": pmnist_views.show_table,
    "How much is missing": pmnist_views.show_curve,
    "Who mixes up what": pmnist_views.show_confusions,
    "Download": pmnist_views.show_download,
}
view = st.segmented_control(
    "View", list(VIEWS), default="The cuts", key="pmnist view", persist_state="session", required=True,
    label_visibility="collapsed",
)  # fmt: skip
VIEWS[view or "The cuts"](session, data, zoo)
