"""Attack: adversarial noise that one watches evolve, for one digit and for all, on every network."""

import streamlit as st

from dashboard import (
    attack_defence_views,
    attack_falls_views,
    attack_universal_views,
    attack_views,
    cache,
    inputs,
    outputs,
    state,
)

zoo, problems = cache.zoo()
session = state.open_link(tuple(zoo))
data = outputs.current_data()
outputs.show_problems([*problems, *session.problems])
outputs.show_text("attack")

VIEWS = {
    "One digit": attack_views.show_digit,
    "Noise for all": attack_universal_views.show_noise,
}
if attack_falls_views.find_record(data) is not None:
    VIEWS["Who falls"] = attack_falls_views.show_falls
if attack_defence_views.ROBUST in zoo:
    VIEWS["Defence"] = attack_defence_views.show_defence
view = inputs.choose_view(VIEWS, key="attack view")


@st.fragment
def bench() -> None:
    """What a click or a stroke reruns: only this."""
    VIEWS[view](session, data, zoo)
    st.html(inputs.heard())  # last: now the canvas may send again


bench()
