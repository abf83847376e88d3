"""Attack: adversarial noise that one watches evolve, for one digit and for all, on every network."""

import streamlit as st

from dashboard import cache, inputs, outputs, state
from dashboard.attack import defence_views, digit_views, falls_views, universal_views

zoo, problems = cache.zoo()
session = state.open_link(tuple(zoo))
data = outputs.current_data()
outputs.show_problems([*problems, *session.problems])
outputs.show_text("attack")

VIEWS = {
    "One digit": digit_views.show_digit,
    "Noise for all": universal_views.show_noise,
}
if falls_views.find_record(data) is not None:
    VIEWS["Who falls"] = falls_views.show_falls
if defence_views.ROBUST in zoo:
    VIEWS["Defence"] = defence_views.show_defence
view = inputs.choose_view(VIEWS, key="attack view")


@st.fragment
def bench() -> None:
    """What a click or a stroke reruns: only this."""
    VIEWS[view](session, data, zoo)
    st.html(inputs.heard())  # last: now the canvas may send again


bench()
