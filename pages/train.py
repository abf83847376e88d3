"""Train: an experiment of the seeds or a network of one's own, live, and what became of it."""

import streamlit as st

from dashboard import outputs, state
from dashboard.train import compare_views, keep_views, live_views, result_views, views
from dashboard.visitors import remember_visitor

session = state.get_state()
data = outputs.current_data()
outputs.show_text("train")

VIEWS = {
    "Set up": views.show_setup,
    views.WATCH: live_views.show_watch,
    "Result": result_views.show_result,
    "Compare": compare_views.show_comparison,
    "Keep": keep_views.show_keep,
}
st.session_state.setdefault(views.VIEW, "Set up")
if views.NEXT in st.session_state:
    st.session_state[views.VIEW] = st.session_state.pop(views.NEXT)
view = st.segmented_control(
    "View", list(VIEWS), key=views.VIEW, persist_state="session", required=True, wrap=True,
    label_visibility="collapsed",
)  # fmt: skip
VIEWS[view or "Set up"](session, data)
remember_visitor()
