"""The main page: draw a digit, erase part of it, and compare what the networks read, live."""

from __future__ import annotations

import time

import streamlit as st

from core.digits.datasets import Dataset
from core.visualization.readings import draw_readings
from dashboard import address
from dashboard.compare.downloads import show_downloads
from dashboard.compare.preparation import show_preparation
from dashboard.server import locks
from dashboard.server.caches import Zoo
from dashboard.server.session import Session, get_session
from dashboard.widgets import restored
from dashboard.widgets.digit import choose_digit, prepare_drawing
from dashboard.widgets.mask import SHAPES, choose_tool, rub_out
from dashboard.widgets.networks import choose_in_menu
from dashboard.widgets.readings import networks_or_warn, read_all
from dashboard.widgets.strokes import Live, heard

ANSWER, RUB, BELOW = "answer", "rub", "below"  # all that a stroke changes, each a fragment of its own
DRAWN, RUBBED = Live(ANSWER, (RUB, ANSWER, BELOW)), Live(ANSWER, (ANSWER, BELOW))
PATIENCE = 0.03  # seconds that the answer in the middle of a stroke waits for its turn
PAINT = 0.1  # seconds in which the browser paints the bars: what comes all at once it paints all at once


def show_compare(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show three steps from left to right, and what follows from them."""
    session.page_complete = False
    st.caption("Try: draw an 8, then rub out its left side. Who still reads it, and who changes their mind?")
    with locks.LIVE:
        left, middle, right = st.columns([290, 330, 440], gap="medium")
        with left:
            st.markdown("**1 · A digit**")
            session.chosen = choose_digit(session, data, live=DRAWN)
        with middle:
            st.markdown("**2 · Rub part of it out**")
            tool = choose_tool()
            # Shapes have a canvas that answers with the page.
            (_erase if tool == SHAPES else st.fragment(_erase, key=RUB))(tool)
        with right:
            heading, chooser = st.columns([3, 2], vertical_alignment="center")
            heading.markdown("**3 · What they read now**")
            with chooser:
                choose_in_menu(zoo, width="stretch")
            st.fragment(_answer, key=ANSWER)(data, zoo)
        st.fragment(_show_below, key=BELOW)(data, zoo)
        show_downloads(session, data.classes)
    session.page_complete = tool != SHAPES


def _answer(data: Dataset, zoo: Zoo) -> None:
    """Show what the networks read; every update of a canvas reruns it, and during a stroke nothing else."""
    session, turn = get_session(), locks.LIVE
    # In a full classroom the end of a stroke comes first; during a stroke the answer before is shown meanwhile.
    if turn.acquire(timeout=PATIENCE if address.stroke_goes_on() else -1):
        try:
            session.readings_html = _read(session, data, zoo)
        finally:
            turn.release()
    st.html(session.readings_html)


def _read(session: Session, data: Dataset, zoo: Zoo) -> str:
    prepare_drawing()
    if session.chosen is None:
        return heard()
    networks = networks_or_warn(session.scene.networks, data)
    session.readings = read_all(networks, zoo, session.chosen.digit, session.scene.mask, data)
    return draw_readings(session.readings, data.classes) + heard()


def _erase(tool: str) -> None:
    """Show the digit to erase part of it."""
    session = get_session()
    with locks.LIVE:
        prepare_drawing()
        if session.chosen is None:
            st.info("As soon as there is a digit, you can rub it out here.")
            return
        session.scene.mask = rub_out(session, session.chosen.digit, tool, live=RUBBED)


def _show_below(data: Dataset, zoo: Zoo) -> None:
    """Show what the restoring network sees and how the digit was prepared, and write the address of it all."""
    session = get_session()
    chosen, scene = session.chosen, session.scene
    if chosen is None:
        return
    if session.page_complete:
        time.sleep(PAINT)
    with locks.LIVE:
        networks = networks_or_warn(scene.networks, data)
        restored.show_restored(networks, zoo, chosen.digit, scene.mask, data)
        if chosen.preparation is not None:
            steps = st.expander("How MNIST sees your drawing", key="steps", on_change="rerun")
            if steps.open:  # not drawn while it is closed
                with steps:
                    show_preparation(chosen.preparation)
        scene.sample, scene.drawn = chosen.sample, None if chosen.sample is not None else chosen.digit
        address.write_address()
