"""Leading a class: whoever has joined by its code sees the page, the view and the scene that the teacher shows."""

from typing import NoReturn

import streamlit as st

import dashboard
from core.classroom.room_database import RoomError
from dashboard.address import get_address
from dashboard.address.links import FOLLOW, place_of
from dashboard.server import led_class, rooms, visitors
from dashboard.server.session import Leading, get_session
from dashboard.shell import asking, share
from dashboard.widgets.texts import read_note

POLL = 2.0  # seconds between two counts of who follows
PROBLEM = "class problem"  # key of a sentence that is shown once


def show_offer(key: str = "share") -> None:
    """Offer to lead a class, unless the visitor leads or follows one."""
    session = get_session()
    if session.leading is None and session.following is None:
        about = read_note("shell", "Lead a class")
        if st.button("Lead a class", key=f"lead {key}", icon=":material/groups:", help=about):
            _open()
            st.session_state[share.CLOSE] = True
            st.rerun()


def _open() -> None:
    """Open a class at the present page, or go on with the one that this visitor leads."""
    place, opener = led_class.place_for_phones(place_of(get_address())), visitors.ensure_visitor_id()
    try:
        go_on(rooms.board().open_led_room(place, opener=opener, origin=visitors.get_origin()))
        led_class.move(place)
    except RoomError as error:
        st.session_state[PROBLEM] = str(error)


def go_on(code: str) -> bool:
    """Lead the class of this code, if this visitor opened it; return whether they did. Raises RoomError."""
    openers, board = visitors.get_openers(), rooms.board()
    room = board.led.read(code) if openers and board.may_remove(code, *openers) else None
    if room is not None:
        hidden = room.question is not None  # whether the answers were shown before a reload is not known
        get_session().leading = Leading(code, room.place, room.frozen, answers_shown=not hidden)
        get_session().following = None
    return room is not None


def show_bar(leading: Leading) -> None:
    """Show the code, how many follow, and the buttons to freeze and release all, and to end the class."""
    visitors.store_visitor_id()  # else a reload would not lead any more
    with st.container(key="class-bar", border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"You lead the class **{leading.code}**.")
            st.fragment(_show_count, run_every=POLL)(leading)
            shown = _show_buttons(leading)
        st.fragment(asking.show_question, run_every=POLL)(leading)
    if shown:
        _show_code(leading.code)


def _show_buttons(leading: Leading) -> bool:
    """Draw what the teacher can do; return whether the code is wanted."""
    with st.container(width="content"):
        asking.show_offer(leading)
    st.page_link(dashboard.file_of(led_class.TEACHER_PAGE), label="Drawings", icon=":material/draw:")
    shown = st.button("Show the code", key="class code", icon=":material/qr_code:")
    st.button(
        "Release" if leading.frozen else "Freeze",
        key="class freeze",
        icon=":material/lock_open:" if leading.frozen else ":material/lock:",
        help=read_note("shell", "Freeze"),
        on_click=_freeze,
        args=(leading, not leading.frozen),
    )
    st.button("End the class", key="class end", on_click=_end, args=(leading,))
    return shown


def _show_count(leading: Leading) -> None:
    try:
        if rooms.board().led.read(leading.code) is None:
            _notice_end()
        led_class.move(place_of(get_address()))  # again, where it failed before
        here = rooms.board().led.count(leading.code)
    except RoomError as error:
        st.markdown(str(error))
        return
    follow = f"{here.following} {'follows' if here.following == 1 else 'follow'} you"
    own = f"{here.on_their_own} {'is' if here.on_their_own == 1 else 'are'} on their own"
    st.markdown(leading.problem or f"**{follow}**, {own}.")


def _freeze(leading: Leading, frozen: bool) -> None:
    try:
        rooms.board().led.freeze(leading.code, frozen, *visitors.get_openers())
        leading.frozen = frozen
    except RoomError as error:
        st.session_state[PROBLEM] = str(error)


def _notice_end() -> NoReturn:
    """Lead no longer: the class was ended in another tab, or deleted after hours without anybody."""
    get_session().leading = None
    st.session_state[PROBLEM] = "The class has ended."
    st.rerun()


def _end(leading: Leading) -> None:
    """End the class for all, and delete its room."""
    get_session().leading = None
    try:
        rooms.board().remove(leading.code, *visitors.get_openers())
    except RoomError as error:
        st.session_state[PROBLEM] = str(error)


@st.dialog("Join the class", width="large")
def _show_code(code: str) -> None:
    st.markdown(read_note("shell", "Join the class"))
    share.show_code(code, FOLLOW, width="min(100%, 50vh)")
