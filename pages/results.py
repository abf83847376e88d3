"""Results: what of the talk's claim reproduces over many seeds, against matched controls."""

import streamlit as st

from dashboard.results import repeat_study, views
from dashboard.widgets.texts import show_text
from dashboard.widgets.views import choose_view

show_text("results")
choice = views.choose()
if choice is None:
    st.stop()
views.show_claim(choice)

VIEWS = {
    "The idea": views.show_idea,
    "Other activations": views.show_activations,
    "All figures": views.show_figures,
    "Beside the talk": views.show_published,
    "Sentence by sentence": views.show_sentences,
}
view = choose_view(VIEWS, key="results view")
VIEWS[view](choice)
views.show_command(choice)
repeat_study.show_repeat(choice)
