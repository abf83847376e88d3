"""Train: an experiment of the seeds or a network of one's own, live, and what became of it."""

import streamlit as st

from dashboard import (
    outputs,
    state,
    train_compare_views,
    train_keep_views,
    train_live_views,
    train_result_views,
    train_views,
)
from dashboard.visitors import remember_visitor

session = state.get_state()
data = outputs.current_data()
outputs.show_text("train")

VIEWS = {
    "Set up": train_views.show_setup,
    train_views.WATCH: train_live_views.show_watch,
    "Result": train_result_views.show_result,
    "Compare": train_compare_views.show_comparison,
    "Keep": train_keep_views.show_keep,
}
st.session_state.setdefault(train_views.VIEW, "Set up")
if train_views.NEXT in st.session_state:
    st.session_state[train_views.VIEW] = st.session_state.pop(train_views.NEXT)
view = st.segmented_control(
    "View", list(VIEWS), key=train_views.VIEW, persist_state="session", required=True, wrap=True,
    label_visibility="collapsed",
)  # fmt: skip
VIEWS[view or "Set up"](session, data)
remember_visitor()
