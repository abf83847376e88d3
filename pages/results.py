"""Results: what of the talk's claim reproduces over many seeds, against matched controls."""

import streamlit as st

from dashboard import inputs, outputs, results_views
from dashboard.missing import repeat_views

outputs.show_text("results")
choice = results_views.choose()
if choice is None:
    st.stop()
results_views.show_claim(choice)

VIEWS = {
    "The idea": results_views.show_idea,
    "Other activations": results_views.show_activations,
    "All figures": results_views.show_figures,
    "Beside the talk": results_views.show_published,
    "Sentence by sentence": results_views.show_sentences,
}
view = inputs.choose_view(VIEWS, key="results view")
VIEWS[view](choice)
results_views.show_command(choice)
repeat_views.show_repeat(choice)
