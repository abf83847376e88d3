"""Made digits: a generator at work, a quiz, how it learned, and what its adversary's convolutions are worth."""

import streamlit as st

from dashboard.made_digits import pretraining_views, real_or_made_views, sampling_views, training_views
from dashboard.server.session import get_session
from dashboard.server.visitors import store_visitor_id
from dashboard.widgets.data_set import current_data
from dashboard.widgets.texts import show_text
from dashboard.widgets.views import choose_view

session = get_session()
data = current_data()
show_text("made_digits")

VIEWS = {
    "Make digits": sampling_views.show_making,
    "Real or made?": real_or_made_views.show_quiz,
    "Watch it learn": training_views.show_learning,
    "Does it help?": pretraining_views.show_help,
}
view = choose_view([*VIEWS, "Where this leads"], key="made view")
if view in VIEWS:
    VIEWS[view](session, data)
else:
    with st.container(width=820):
        show_text("made_digits_gan")
store_visitor_id()
