"""Lessons: ways through the pages that a class takes together, those that ship and one's own."""

import streamlit as st

from dashboard.lessons import views
from dashboard.widgets.texts import show_text

show_text("lessons")
views.show_shipped()
st.subheader("Your own")
views.show_own()
