"""Draw · Erase · Compare: the main page."""

import streamlit as st

from core.visualization.bars import Reading
from dashboard import cache, inputs, outputs, state

zoo, problems = cache.zoo()
session = state.open_link(tuple(zoo))
data = outputs.current_data()
outputs.show_problems([*problems, *session.problems])
st.caption("Try: draw an 8, then rub out its left side. Who still reads it, and who changes their mind?")


@st.fragment
def bench() -> None:
    """What a stroke reruns: only this, and only for one visitor at a time."""
    with cache.turn():
        steps()


def steps() -> None:
    """Three steps from left to right."""
    left, middle, right = st.columns([290, 330, 440], gap="medium")
    with left:
        st.markdown("**1 · A digit**")
        choice = inputs.choose_digit(session, data)
    with middle:
        st.markdown("**2 · Rub part of it out**")
        if choice is None:
            st.info("As soon as there is a digit, you can rub it out here.")
            return
        mask = inputs.choose_mask(session, choice.digit)
    with right:
        heading, chooser = st.columns([3, 2], vertical_alignment="center")
        heading.markdown("**3 · What they read now**")
        with chooser.popover("Networks", width="stretch"):
            session.scene.networks = inputs.choose_networks(zoo)
        networks = outputs.load_networks(session.scene.networks, data)
        fills = outputs.fill_all(networks, choice.digit, mask)
        readings = outputs.read_all(networks, zoo, choice.digit, mask, fills)
        outputs.show_readings(readings, data.classes)
    for found in fills.values():
        outputs.show_fills(found, mask, data.classes)
    below(choice, mask, readings)
    session.scene.mask, session.scene.sample = mask, choice.sample
    session.scene.drawn = None if choice.sample is not None else choice.digit
    if not inputs.stroke_goes_on():  # each change of the address is an entry in the browser's history
        state.write_link(session)


def below(choice: inputs.Choice, mask: state.Mask, readings: list[Reading]) -> None:
    """How the digit was prepared, and what can be taken home."""
    if choice.preparation is not None:
        steps = st.expander("How MNIST sees your drawing", key="steps", on_change="rerun")
        if steps.open:  # nothing is drawn for nobody: this is on the way of every stroke
            with steps:
                outputs.show_preparation(choice.preparation)
    outputs.show_downloads(choice.digit * mask, readings, data.classes)


bench()
