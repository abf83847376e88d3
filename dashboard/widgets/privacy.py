"""What the server keeps of a visitor and for how long, and the button that deletes it."""

from typing import Any

import streamlit as st

from core.classroom.room_board import ROOM_LIFETIME, RoomBoard
from core.classroom.room_database import database_url
from core.jobs import control, run_folders
from core.system import files
from dashboard.server import visitors

DAY = 24 * 3600  # seconds
DONE = "privacy done"  # key of the sentence that is shown once


def show_privacy(*scene: Any) -> None:
    """Show what is kept and the button that deletes it, and let the browser keep the visitor's number."""
    visitors.store_visitor_id()
    kept, rooms = (f"{seconds / DAY:.0f} days" for seconds in (run_folders.KEPT_LIFETIME, ROOM_LIFETIME))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            "A cookie with a random number lets you find your networks and rooms again, for one year. The server "
            "stores no name and no address. Networks are deleted when others need the space, those you keep after "
            f"{kept} at the earliest. Rooms are deleted after {rooms}."
        )
        if visitors.get_visitor_id() is not None:
            with st.popover("Delete my data", width="content"):
                st.markdown("This deletes your networks, jobs, rooms and the cookie. It cannot be undone.")
                st.button("Delete everything of mine", on_click=_delete, key="privacy delete", type="primary")
    if done := st.session_state.pop(DONE, None):
        st.success(done)


def _delete() -> None:
    """Delete all runs and rooms of this visitor, then the cookie; keep a sentence about it."""
    visitor = visitors.ensure_visitor_id()
    try:
        control.remove_all(visitor)
        board = RoomBoard(database_url())
        board.remove_all(visitor)
        board.close()
    except (ValueError, OSError) as error:
        st.session_state[DONE] = files.describe_error(error, "The folder of the runs")
        return
    visitors.forget_visitor()
    st.session_state[DONE] = "Your networks, jobs and rooms are deleted, and the cookie too."
