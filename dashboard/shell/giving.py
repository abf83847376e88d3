"""Giving a drawing to the class that the visitor follows: only by their own press, and they may take it back."""

from contextlib import suppress

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.classroom.collected_drawings import CLASSES, CollectedDrawing
from core.classroom.room_board import EMPTY_LIFETIME
from core.classroom.room_database import RoomError
from core.visualization import arrays
from dashboard.server import rooms, visitors
from dashboard.server.session import Following, get_session
from dashboard.widgets.pictures import show_picture
from dashboard.widgets.texts import read_note

HOUR = 3600  # seconds
SAID = "class give said"  # key of the sentence that is shown once
PICTURE = 56  # pixels of the screen


def show_giving(held: Following) -> None:
    """Show how to give a drawing while the class collects them, and what this visitor has given."""
    if not held.frozen:
        st.fragment(_show)(held)


def _show(held: Following) -> None:
    with suppress(RoomError):  # the bar says so already
        given = _read_given(held)
        if held.wanted or given:
            label = "Give a drawing to the class" if held.wanted else "Your drawings in the class"
            place = st.popover(label, key="class drawings", icon=":material/draw:", on_change="rerun")
            if place.open:
                with place:
                    _show_menu(held, given)
    if said := st.session_state.pop(SAID, ""):
        st.markdown(said)


def _read_given(held: Following) -> list[CollectedDrawing]:
    visitor = visitors.get_visitor_id()
    return [] if visitor is None else rooms.board().drawings.given_by(held.code, visitor)


def _show_menu(held: Following, given: list[CollectedDrawing]) -> None:
    st.markdown(read_note("shell", "Give a drawing").format(hours=f"{EMPTY_LIFETIME / HOUR:.0f}"))
    if held.wanted:
        _offer(held, given)
    if given:
        visitors.store_visitor_id()  # else a reload would not find them any more
        st.markdown(f"**You have given {len(given)} drawing{'s' * (len(given) != 1)}.**")
    for one in given:
        with st.container(horizontal=True, vertical_alignment="center"):
            with st.container(width=PICTURE):
                show_picture(one.pixels, f"Your drawing of a {one.label}", width=PICTURE)
            st.markdown(f"a {one.label}", width="content")
            st.button("Take back", key=f"class back {one.id}", on_click=_take_back, args=(held, one))


def _offer(held: Following, given: list[CollectedDrawing]) -> None:
    """Show the visitor's present drawing, the choice of its digit, and the button that gives it."""
    st.markdown(f"The class collects {describe_wanted(held.wanted)}.")
    pixels = find_own_drawing()
    if pixels is None:
        st.markdown(read_note("shell", "No drawing"))
        return
    show_picture(pixels, "Your drawing", width=2 * PICTURE)
    only = held.wanted[0] if len(held.wanted) == 1 else None
    label = st.segmented_control(
        "The digit that it is meant to be", held.wanted, default=only, key=f"class digit {held.wanted}", wrap=True
    )
    if any(np.array_equal(one.pixels, pixels) and one.label == label for one in given):
        st.markdown("The class has this drawing.")
        return
    st.button(
        "Give this drawing to the class",
        key="class give",
        type="primary",
        disabled=label is None,
        on_click=_give,
        args=(held, pixels, label),
    )


def find_own_drawing() -> NDArray[np.uint8] | None:
    """Return the digit `(28, 28)` uint8 that the visitor has drawn, whole; None if it is a sample, a photo or a link's.

    The teacher's digit comes to phones as a link does.
    """
    session = get_session()
    drawn, linked = session.scene.drawn, session.linked
    if drawn is None or session.scene.uploaded or linked is not None and np.array_equal(drawn, linked.digit):
        return None
    return arrays.to_gray(drawn)


def describe_wanted(wanted: tuple[int, ...]) -> str:
    """Return which digits a class collects, as the end of a sentence."""
    if len(wanted) == CLASSES:
        return "drawings of **any digit**"
    return f"drawings of the digit{'s' * (len(wanted) > 1)} **{', '.join(map(str, wanted))}**"


def _give(held: Following, pixels: NDArray[np.uint8], label: int) -> None:
    try:
        rooms.board().drawings.give(held.code, visitors.ensure_visitor_id(), label, pixels)
        st.session_state[SAID] = f"The class has your {label}. Thank you."
    except RoomError as error:
        st.session_state[SAID] = str(error)


def _take_back(held: Following, drawing: CollectedDrawing) -> None:
    try:
        rooms.board().drawings.take_back(held.code, visitors.get_visitor_id() or "", drawing.id)
        st.session_state[SAID] = f"Your {drawing.label} is deleted."
    except RoomError as error:
        st.session_state[SAID] = str(error)
