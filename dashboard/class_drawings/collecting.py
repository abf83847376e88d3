"""The teacher's controls: which digits the class collects, and whether it does so now."""

from collections.abc import Sequence

import streamlit as st

from core.classroom.collected_drawings import CLASSES
from core.classroom.room_board import EMPTY_LIFETIME
from core.classroom.room_database import RoomError
from dashboard.server import rooms, visitors
from dashboard.shell.giving import HOUR, describe_wanted
from dashboard.widgets.texts import read_note

WANTED, PROBLEM = "drawings wanted", "drawings problem"  # keys


def show_collecting(code: str) -> bool:
    """Draw what starts and stops collecting; return whether the class collects now: at first it does not."""
    try:
        room = rooms.board().led.read(code)
    except RoomError as error:
        st.warning(str(error))
        return False
    now = () if room is None else room.wanted
    with st.popover("Collect drawings", icon=":material/draw:", key="drawings collect"):
        _show_choice(code, now)
    if now:
        st.button("Stop collecting", key="drawings stop", on_click=_stop, args=(code,))
    st.markdown(f"Phones may give {describe_wanted(now)}." if now else "No drawings are collected now.")
    return bool(now)


def _show_choice(code: str, now: tuple[int, ...]) -> None:
    """Draw which digits are wanted, and the button that starts collecting these."""
    st.markdown(read_note("class_drawings", "Collecting").format(hours=f"{EMPTY_LIFETIME / HOUR:.0f}"))
    wanted = st.pills(
        "Digits that are wanted",
        range(CLASSES),
        selection_mode="multi",
        default=now or range(CLASSES),
        key=WANTED,
        persist_state="session",
        wrap=True,
    )
    st.button(
        "Ask for these digits" if now else "Start collecting",
        key="drawings start",
        type="primary",
        disabled=not wanted or tuple(sorted(wanted)) == now,
        on_click=_start,
        args=(code, wanted),
    )


def _start(code: str, wanted: Sequence[int]) -> None:
    try:
        rooms.board().drawings.start(code, wanted, *visitors.get_openers())
    except RoomError as error:
        st.session_state[PROBLEM] = str(error)


def _stop(code: str) -> None:
    try:
        rooms.board().drawings.stop(code, *visitors.get_openers())
    except RoomError as error:
        st.session_state[PROBLEM] = str(error)
