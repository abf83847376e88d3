"""Made digits: a generator at work, a quiz, how it learned, and what its adversary's convolutions are worth."""

import streamlit as st

from dashboard import inputs, outputs, state
from dashboard.made import help_views, learn_views, make_views, quiz_views
from dashboard.visitors import remember_visitor

session = state.get_state()
data = outputs.current_data()
outputs.show_text("made_digits")

VIEWS = {
    "Make digits": make_views.show_making,
    "Real or made?": quiz_views.show_quiz,
    "Watch it learn": learn_views.show_learning,
    "Does it help?": help_views.show_help,
}
view = inputs.choose_view([*VIEWS, "Where this leads"], key="made view")
if view in VIEWS:
    VIEWS[view](session, data)
else:
    with st.container(width=820):
        outputs.show_text("made_digits_gan")
remember_visitor()
