"""Lessons: ways through the pages that a class takes together, those that ship and one's own."""

import streamlit as st

from dashboard import lesson_shelf, outputs

outputs.show_text("lessons")
lesson_shelf.show_shipped()
st.subheader("Your own")
lesson_shelf.show_own()
