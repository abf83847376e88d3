"""What fires a neuron: pictures that climb, from noise or from a digit, until a class or a map likes nothing better."""

import streamlit as st

from dashboard.maximize.views import VIEWS
from dashboard.server import caches
from dashboard.server.session import get_session
from dashboard.widgets import inputs, outputs

zoo, problems = caches.zoo()
session = get_session()
data = outputs.current_data()
outputs.show_problems(problems)
outputs.show_text("maximize")

view = inputs.choose_view(VIEWS, key="maximize view")
VIEWS[view](session, data, zoo)
st.html(inputs.heard())  # last: now the canvas may send again
