"""Draw · Erase · Compare: the main page."""

import time

import streamlit as st

from core.visualization.readings import draw_readings
from dashboard.address import links
from dashboard.compare.downloads import show_downloads
from dashboard.compare.preparation import show_preparation
from dashboard.server import caches, locks
from dashboard.server.session import get_session
from dashboard.widgets import networks as network_inputs
from dashboard.widgets import restored
from dashboard.widgets.data_set import current_data
from dashboard.widgets.digit import choose_digit, prepare_drawing
from dashboard.widgets.mask import SHAPES, choose_tool, rub_out
from dashboard.widgets.readings import load_networks, read_all
from dashboard.widgets.strokes import Live, heard, stroke_goes_on
from dashboard.widgets.texts import show_problems

ANSWER, RUB, BELOW = "answer", "rub", "below"  # all that a stroke changes, each a fragment of its own
DRAWN, RUBBED = Live(ANSWER, (RUB, ANSWER, BELOW)), Live(ANSWER, (ANSWER, BELOW))
PATIENCE = 0.03  # seconds that the answer in the middle of a stroke waits for its turn
PAINT = 0.1  # seconds in which the browser paints the bars: what comes all at once it paints all at once

zoo, problems = caches.zoo()
session = get_session()
session.page_complete = False
data = current_data()
show_problems(problems)
st.caption("Try: draw an 8, then rub out its left side. Who still reads it, and who changes their mind?")


@st.fragment(key=ANSWER)
def answer() -> None:
    """What the networks read; every update of a canvas reruns it, and in the middle of a stroke nothing else."""
    # In a full classroom the end of a stroke comes first; who is in the middle of one keeps the answer there is.
    turn = locks.LIVE
    if turn.acquire(timeout=PATIENCE if stroke_goes_on() else -1):
        try:
            session.readings_html = read()
        finally:
            turn.release()
    st.html(session.readings_html)


def read() -> str:
    prepare_drawing()
    if session.chosen is None:
        return heard()
    networks = load_networks(session.scene.networks, data)
    session.readings = read_all(networks, zoo, session.chosen.digit, session.scene.mask, data)
    return draw_readings(session.readings, data.classes) + heard()


def rub(tool: str) -> None:
    """The digit, to rub part of it out."""
    with locks.LIVE:
        prepare_drawing()
        if session.chosen is None:
            st.info("As soon as there is a digit, you can rub it out here.")
            return
        session.scene.mask = rub_out(session, session.chosen.digit, tool, live=RUBBED)


@st.fragment(key=BELOW)
def below() -> None:
    """What the restoring network sees, how the digit was prepared, and the address of it all."""
    choice, scene = session.chosen, session.scene
    if choice is None:
        return
    if session.page_complete:
        time.sleep(PAINT)
    with locks.LIVE:
        networks = load_networks(scene.networks, data)
        restored.show_restored(networks, zoo, choice.digit, scene.mask, data)
        if choice.preparation is not None:
            steps = st.expander("How MNIST sees your drawing", key="steps", on_change="rerun")
            if steps.open:  # nothing is drawn for nobody
                with steps:
                    show_preparation(choice.preparation)
        scene.sample, scene.drawn = choice.sample, None if choice.sample is not None else choice.digit
        links.write_address()


def bench() -> None:
    """Three steps from left to right, and what follows from them."""
    left, middle, right = st.columns([290, 330, 440], gap="medium")
    with left:
        st.markdown("**1 · A digit**")
        session.chosen = choose_digit(session, data, live=DRAWN)
    with middle:
        st.markdown("**2 · Rub part of it out**")
        tool = choose_tool()
        # Shapes have a canvas that answers with the page.
        (rub if tool == SHAPES else st.fragment(rub, key=RUB))(tool)
    with right:
        heading, chooser = st.columns([3, 2], vertical_alignment="center")
        heading.markdown("**3 · What they read now**")
        with chooser.popover("Networks", width="stretch", key="networks menu"):
            session.scene.networks = network_inputs.choose_networks(zoo)
        answer()
    below()
    show_downloads(session, data.classes)
    session.page_complete = tool != SHAPES


with locks.LIVE:
    bench()
