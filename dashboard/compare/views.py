"""The main page: draw a digit, erase part of it, and compare what the networks read, also during a stroke."""

import time
from collections.abc import Sequence
from html import escape

import numpy as np
import streamlit as st

from core.digits.datasets import Dataset
from core.jobs import trained_networks
from core.pmnist.masks import SIDE
from core.visualization.network_colors import color_of
from core.visualization.readings import draw_readings, draw_waiting
from dashboard import address
from dashboard.compare.downloads import show_downloads
from dashboard.compare.preparation import show_preparation
from dashboard.components.instant import scene_mark
from dashboard.server import locks
from dashboard.server.caches import Zoo
from dashboard.server.session import Session, get_session
from dashboard.widgets import restored
from dashboard.widgets.browser_parts import show_instant_answers
from dashboard.widgets.data_set import name_drawing
from dashboard.widgets.digit import choose_digit, prepare_drawing
from dashboard.widgets.links import lead_on
from dashboard.widgets.mask import SHAPES, choose_tool, show_eraser
from dashboard.widgets.networks import choose_networks
from dashboard.widgets.readings import networks_or_warn, read_all
from dashboard.widgets.strokes import StrokeFragments, acknowledgements
from dashboard.widgets.texts import show_tip

READINGS, ERASER, BELOW = "answer", "rub", "below"  # keys of the fragments that a stroke changes
LEAD, DOWNLOADS = "lead", "downloads"  # keys of those that are there once there is a digit
DRAWING_STROKE = StrokeFragments(READINGS, (READINGS, BELOW, ERASER), (LEAD, DOWNLOADS))
ERASING_STROKE = StrokeFragments(READINGS, (READINGS, BELOW))
MAX_WAIT = 0.03  # seconds that the readings wait for the lock during a stroke
PAINT_TIME = 0.04  # seconds in which the browser paints the bars, before it receives what else a stroke changes


def show_compare(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show the three steps from left to right: draw, erase, compare; the restored digit and downloads below."""
    session.page_complete = False
    show_tip("compare", "Compare")
    left, middle, right = st.columns([290, 330, 440], gap="medium")
    with left:
        st.markdown("**1 · Draw**")
        session.chosen = choose_digit(session, data, fragments=DRAWING_STROKE)  # without the lock: it opens any upload
    with locks.LIVE:
        with middle:
            st.markdown("**2 · Erase**")
            tool = choose_tool()
            # The canvas of shapes reruns the whole page.
            (_show_eraser if tool == SHAPES else st.fragment(_show_eraser, key=ERASER))(tool, name_drawing(data))
        with right:
            heading, chooser = st.columns(2)
            heading.markdown("**3 · Compare**")
            with chooser:
                choose_networks(zoo, width="stretch")
            st.fragment(_show_readings, key=READINGS)(data, zoo)
            st.fragment(_show_lead, key=LEAD)()
        st.fragment(_show_below, key=BELOW)(data, zoo)
        st.fragment(_show_downloads, key=DOWNLOADS)(data)
        show_instant_answers(session.scene.networks, zoo, data)
    session.page_complete = tool != SHAPES


def _show_readings(data: Dataset, zoo: Zoo) -> None:
    """Show what the networks read. During a stroke this is the only fragment that reruns."""
    session = get_session()
    # With many visitors the end of a stroke goes first: during a stroke, the last readings may stay.
    if locks.LIVE.acquire(timeout=MAX_WAIT if address.stroke_goes_on() else -1):
        try:
            session.readings_html = _draw_readings(session, data, zoo)
        finally:
            locks.LIVE.release()
    st.html(session.readings_html)


def _show_lead() -> None:
    if get_session().chosen is not None:
        lead_on("why", "See why each network reads its class")


def _draw_readings(session: Session, data: Dataset, zoo: Zoo) -> str:
    prepare_drawing()
    if session.chosen is None:
        return _draw_waiting(session, data, zoo) + acknowledgements()
    networks = networks_or_warn(session.scene.networks, data)
    session.readings = read_all(networks, zoo, session.chosen.digit, session.scene.mask, data)
    mark = scene_mark(session.chosen.digit, session.scene.mask, session.base_mask)
    return draw_readings(session.readings, data.classes) + mark + acknowledgements()


def _draw_waiting(session: Session, data: Dataset, zoo: Zoo) -> str:
    """Return the rows in which the browser will show its answers to the first stroke."""
    names = networks_or_warn(session.scene.networks, data)
    sentence = escape(describe_readers(session.scene.networks, zoo, name_drawing(data)))
    rows = draw_waiting({zoo[name].title: color_of(name) for name in names}, data.classes)
    mask = session.base_mask
    return f"{rows}<p>{sentence}</p>{scene_mark(np.zeros((SIDE, SIDE), np.float32), mask, mask)}"


def describe_readers(names: Sequence[str], zoo: Zoo, drawing: str) -> str:
    """Return a sentence: which networks read the drawing, "digit" or "picture", once there is one."""
    titles = [f"{zoo[name].title} (yours)" if trained_networks.run_id_of(name) else zoo[name].title for name in names]
    if not titles:
        return "While you draw, the answer of each network appears here."
    readers = f"{', '.join(titles[:-1])} and {titles[-1]}" if len(titles) > 1 else titles[0]
    return f"Draw a {drawing}. {readers} will read it."


def _show_eraser(tool: str, drawing: str) -> None:
    """Show the digit to erase part of it; `drawing` is what to draw, a digit or a picture."""
    session = get_session()
    with locks.LIVE:
        prepare_drawing()
        if session.chosen is None:
            st.info(f"Draw a {drawing} first, or choose one. Then you can erase parts of it here.")
            return
        session.scene.mask = show_eraser(session, session.chosen.digit, tool, fragments=ERASING_STROKE)


def _show_below(data: Dataset, zoo: Zoo) -> None:
    """Show the restored digit and how the digit was prepared, and write the address."""
    session = get_session()
    chosen, scene = session.chosen, session.scene
    if chosen is None:
        return
    if session.page_complete:
        time.sleep(PAINT_TIME)
    with locks.LIVE:
        networks = networks_or_warn(scene.networks, data)
        restored.show_restored(networks, zoo, chosen.digit, scene.mask, data)
        if chosen.preparation is not None:
            steps = st.expander("Your drawing as an MNIST digit", key="steps", on_change="rerun")
            if steps.open:  # not drawn while it is closed
                with steps:
                    show_preparation(chosen.preparation, drawn=not chosen.uploaded)
        session.take(chosen)
        address.write_address()


def _show_downloads(data: Dataset) -> None:
    session = get_session()
    session.digit_shown = session.chosen is not None
    if session.digit_shown:
        show_downloads(session, data.classes)
