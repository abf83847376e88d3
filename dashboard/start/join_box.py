"""The box for a code: of a room of the quiz, or of a class that a teacher leads."""

import streamlit as st

import dashboard
from core.classroom.room_codes import read_code
from core.classroom.room_database import RoomError
from dashboard.server import rooms
from dashboard.shell import following, leading

QUIZ = "quiz"


def show_join_box() -> None:
    """Ask for a code; follow its class, go on leading one's own, or open the quiz in its room."""
    with st.form("start join", border=False, width=300), st.container(horizontal=True, vertical_alignment="bottom"):
        code = st.text_input(
            "Join a room of the quiz or a class", max_chars=8, placeholder="four letters", key="start code"
        )
        if not st.form_submit_button("Join", key="start join button"):
            return
    try:
        if leading.go_on(read_code(code)):
            st.rerun()
        following.join(code)
        room = rooms.board().find(code)
    except RoomError as error:
        st.warning(str(error))
    else:
        st.switch_page(dashboard.file_of(QUIZ), query_params={"room": room.code})
