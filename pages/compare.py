"""Draw · Erase · Compare: the main page."""

import time

import streamlit as st

from core.visualization.bars import Reading, draw_readings
from dashboard import cache, inputs, outputs, restored_views, state

ANSWER = "answer"
PATIENCE = 0.03  # seconds that the answer in the middle of a stroke waits for its turn
PAINT = 0.1  # seconds in which the browser paints the bars: what comes all at once it paints all at once

zoo, problems = cache.zoo()
session = state.open_link(tuple(zoo))
session.complete = session.behind = False
data = outputs.current_data()
outputs.show_problems([*problems, *session.problems])
st.caption("Try: draw an 8, then rub out its left side. Who still reads it, and who changes their mind?")


@st.fragment(key=ANSWER)
def answer() -> None:
    """What every update of a canvas reruns; the rest of the page follows at the end of the stroke."""
    going = inputs.stroke_goes_on()
    # In a full classroom the end of a stroke comes first; who is in the middle of one keeps the answer there is.
    if cache.turn().acquire(timeout=PATIENCE if going else -1):
        try:
            inputs.prepare_drawing()
            session.answered = draw_readings(read(), data.classes) + inputs.heard()
        finally:
            cache.turn().release()
    st.html(session.answered)
    if session.behind and not going:
        time.sleep(PAINT)
        st.rerun()


def read() -> list[Reading]:
    assert session.choice is not None
    networks = outputs.load_networks(session.scene.networks, data)
    return outputs.read_all(networks, zoo, session.choice.digit, session.scene.mask, data)


def bench() -> None:
    """Three steps from left to right, and what follows from them."""
    left, middle, right = st.columns([290, 330, 440], gap="medium")
    with left:
        st.markdown("**1 · A digit**")
        session.choice = choice = inputs.choose_digit(session, data, answer=ANSWER)
    with middle:
        st.markdown("**2 · Rub part of it out**")
        if choice is None:
            st.info("As soon as there is a digit, you can rub it out here.")
            return
        session.scene.mask = inputs.choose_mask(session, choice.digit, answer=ANSWER)
    with right:
        heading, chooser = st.columns([3, 2], vertical_alignment="center")
        heading.markdown("**3 · What they read now**")
        with chooser.popover("Networks", width="stretch"):
            session.scene.networks = inputs.choose_networks(zoo)
        answer()
    below(choice)
    session.scene.sample = choice.sample
    session.scene.drawn = None if choice.sample is not None else choice.digit
    if not inputs.stroke_goes_on():  # each change of the address is an entry in the browser's history
        state.write_link(session)
    session.complete = True


def below(choice: state.Choice) -> None:
    """What the restoring network sees, how the digit was prepared, and what can be taken home."""
    networks = outputs.load_networks(session.scene.networks, data)
    restored_views.show_restored(networks, zoo, choice.digit, session.scene.mask, data)
    if choice.preparation is not None:
        steps = st.expander("How MNIST sees your drawing", key="steps", on_change="rerun")
        if steps.open:  # nothing is drawn for nobody
            with steps:
                outputs.show_preparation(choice.preparation)
    outputs.show_downloads(choice.digit * session.scene.mask, read(), data.classes)


with cache.turn():
    bench()
