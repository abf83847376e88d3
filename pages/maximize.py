"""What fires a neuron: pictures that climb, from noise or from a digit, until a class or a map likes nothing better."""

import streamlit as st

from dashboard.maximize.views import VIEWS
from dashboard.server import caches
from dashboard.server.session import get_session
from dashboard.widgets.data_set import current_data
from dashboard.widgets.strokes import heard
from dashboard.widgets.texts import show_problems, show_text
from dashboard.widgets.views import choose_view

zoo, problems = caches.zoo()
session = get_session()
data = current_data()
show_problems(problems)
show_text("maximize")

view = choose_view(VIEWS, key="maximize view")
VIEWS[view](session, data, zoo)
st.html(heard())  # last: now the canvas may send again
