"""Draw · Erase · Compare: the main page."""

from typing import Any

import streamlit as st

from dashboard import cache, inputs, outputs, state

zoo, problems = cache.zoo()
session = state.open_link(tuple(zoo))
data = outputs.current_data()
outputs.show_problems([*problems, *session.problems])


@st.fragment
def bench() -> None:
    """Three steps from left to right; a stroke reruns only this."""
    left, middle, right = st.columns([280, 300, 460], gap="medium")
    with left:
        st.markdown("**1 · A digit** — draw one, big and thick")
        choice = inputs.choose_digit(session, data)
    with middle:
        st.markdown("**2 · Rub part of it out**")
        if choice is None:
            st.info("As soon as there is a digit, you can rub it out here.")
            return
        mask = inputs.choose_mask(session, choice.digit)
    with right:
        st.markdown("**3 · What they read now** — who changes their mind?")
        names = session.scene.networks
        networks = cache.networks(names, data.name)
        readings, probabilities = outputs.read_all(networks, zoo, choice.digit, mask)
        outputs.show_readings(readings, data.classes)
        with st.popover("Choose the networks"):
            session.scene.networks = inputs.choose_networks(zoo)
    below(choice, mask, probabilities)
    session.scene.mask, session.scene.sample = mask, choice.sample
    session.scene.drawn = None if choice.sample is not None else choice.digit
    state.write_link(session)


def below(choice: inputs.Choice, mask: state.Mask, probabilities: dict[str, Any]) -> None:
    """What explains the answers: fills, preparation, downloads."""
    if "restoring" in probabilities and not mask.all():
        st.markdown("**What the restoring network thinks was there**, best first, and how much each counts")
        outputs.show_fills(cache.restorer(data.name), choice.digit, mask, data.classes)
    if choice.preparation is not None:
        with st.expander("How MNIST sees your drawing", expanded=False):
            outputs.show_preparation(choice.preparation)
    outputs.show_downloads(choice.digit * mask, probabilities, data.classes)


bench()
