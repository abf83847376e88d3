"""Train: an experiment of the seeds or a network of one's own, live, and what became of it."""

import streamlit as st

from dashboard.server.session import get_session
from dashboard.server.visitors import store_visitor_id
from dashboard.train import compare_views, keep_views, result_views, setup_views, watch_views
from dashboard.widgets.data_set import current_data
from dashboard.widgets.texts import show_text

session = get_session()
data = current_data()
show_text("train")

VIEWS = {
    "Set up": setup_views.show_setup,
    setup_views.WATCH: watch_views.show_watch,
    "Result": result_views.show_result,
    "Compare": compare_views.show_comparison,
    "Keep": keep_views.show_keep,
}
st.session_state.setdefault(setup_views.VIEW, "Set up")
if setup_views.NEXT in st.session_state:
    st.session_state[setup_views.VIEW] = st.session_state.pop(setup_views.NEXT)
view = st.segmented_control(
    "View",
    list(VIEWS),
    key=setup_views.VIEW,
    persist_state="session",
    required=True,
    wrap=True,
    label_visibility="collapsed",
)
VIEWS[view or "Set up"](session, data)
store_visitor_id()
