"""The class that a visitor leads or follows, in the frame of every page; without one, nothing of this does anything."""

import streamlit as st

from core.classroom.room_codes import read_code
from core.classroom.room_database import RoomError, RoomUnreachable
from dashboard.address import get_address
from dashboard.address.links import FOLLOW, LEAD
from dashboard.server.session import Following, get_session
from dashboard.shell import following, leading


def enter(page: str, linked: bool) -> None:
    """Take up the class that a link names, and notice who has left the page of their class."""
    if linked:
        _open_linked(page)
    following.arrive(page)


def _open_linked(page: str) -> None:
    """Lead the class that the address names if the visitor opened it, else follow it."""
    session, params = get_session(), st.query_params.to_dict()
    text = params.get(LEAD) or params.get(FOLLOW) or ""
    known = session.leading or (None if LEAD in params else session.following)
    if not text or known is not None and known.code == text:
        return
    try:
        code = read_code(text)
        if LEAD in params and leading.go_on(code):
            return
        following.join(code)
        get_address().problems.append(f"There is no class {code}: it has ended, or there never was one.")
    except RoomError as error:
        if isinstance(error, RoomUnreachable) and LEAD not in params:
            session.following = Following(code, page=page)  # its bar says so, and tries again
        else:
            get_address().problems.append(str(error))


def show_bar() -> None:
    """Show the class that the visitor leads or follows, and write it into the address: a reload goes on with it."""
    session, address = get_session(), get_address()
    address.classroom = {}
    if session.leading is not None:
        address.classroom = {LEAD: session.leading.code}
        leading.show_bar(session.leading)
    elif session.following is not None:
        address.classroom = {FOLLOW: session.following.code}
        following.show_bar(session.following)
    for key in (following.SAID, leading.PROBLEM):
        if said := st.session_state.pop(key, ""):
            st.info(said)
