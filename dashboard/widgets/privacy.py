"""What the server keeps of a visitor and for how long, and the button that deletes it."""

from contextlib import closing

import streamlit as st

from core.classroom.room_board import EMPTY_LIFETIME, ROOM_LIFETIME, RoomBoard
from core.classroom.room_database import database_url
from core.jobs import control, run_folders
from core.system import files
from dashboard.server import caches, gate, own_sets, visitors
from dashboard.widgets.texts import read_note

DAY, HOUR = 24 * 3600, 3600  # seconds
DONE = "privacy done"  # key of the sentence that is shown once


def show_privacy() -> None:
    """Show what is kept and the button that deletes it, and let the browser keep the visitor's number."""
    visitors.store_visitor_id()
    lifetimes = (gate.A_YEAR, run_folders.KEPT_LIFETIME, ROOM_LIFETIME)
    year, kept, rooms = (f"{seconds / DAY:.0f} days" for seconds in lifetimes)
    with st.container(horizontal=True, vertical_alignment="center", key="privacy"):  # a projector hides it
        st.caption(
            f"A cookie with a random number lets you find your networks, rooms and class again, for {year}. The server "
            "stores no name and no address; in a room you have a nickname. What you answer in a class is deleted "
            "when it ends, a drawing that you give it also when you take it back. When others need space, your data "
            "sets and uploaded networks are deleted first, then trained networks. "
            f"A network that you keep stays for at least {kept}. Rooms are deleted after {rooms}, or after "
            f"{EMPTY_LIFETIME / HOUR:.0f} hours if nobody has joined."
        )
        if visitors.get_visitor_id() is not None:
            with st.popover("Delete my data", width="content"):
                st.markdown(read_note("widgets", "Delete my data"))
                st.button("Delete everything of mine", on_click=_delete, key="privacy delete", type="primary")
    if done := st.session_state.pop(DONE, None):
        st.success(done)


def _delete() -> None:
    """Delete all runs of this visitor and what rooms hold of them, then the cookie; keep a sentence about it."""
    visitor = visitors.ensure_visitor_id()
    try:
        place = "The folder of the runs"
        sets = own_sets.list_titles()
        control.remove_all(visitor)
        for name in sets:
            caches.forget_set(name)
        place = "The room database"
        _delete_rooms()
    except (ValueError, OSError) as error:
        st.session_state[DONE] = files.describe_error(error, place)
        return
    visitors.forget_visitor()
    st.session_state[DONE] = read_note("widgets", "My data are deleted")


def _delete_rooms() -> None:
    with closing(RoomBoard(database_url())) as board:
        board.remove_all(*visitors.get_openers())
