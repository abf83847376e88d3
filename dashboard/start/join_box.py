"""The box in which a player types the code of a room."""

import streamlit as st

import dashboard
from core.classroom.room_database import RoomError, database_url
from dashboard.server import caches

QUIZ = "quiz"


def show_join_box() -> None:
    """Ask for the code of a room; open the quiz there."""
    with st.form("start join", border=False, width=300), st.container(horizontal=True, vertical_alignment="bottom"):
        code = st.text_input("Join a room of the quiz", max_chars=8, placeholder="four letters", key="start code")
        if not st.form_submit_button("Join", key="start join button"):
            return
    try:
        room = caches.room_board(database_url()).find(code)
    except RoomError as error:
        st.warning(str(error))
    else:
        st.switch_page(dashboard.file_of(QUIZ), query_params={"room": room.code})
