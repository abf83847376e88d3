"""The three first places of a room's round."""

import streamlit as st

from core.classroom.room_board import Room
from core.classroom.room_database import RoomError
from core.classroom.room_players import best_places
from core.visualization.classroom import Place, draw_podium
from dashboard.quiz import rounds


def show_podium(room: Room, round: int, questions: int) -> None:
    """Show the nicknames of those who have answered most of a round's questions correctly."""
    try:
        places = best_places(rounds.board().players.standings(room.code, round=round))
    except RoomError as error:
        st.warning(str(error))
        return
    if not places:
        st.caption("Nobody has answered correctly.")
        return
    st.html(draw_podium([Place([one.name for one in same], f"{same[0].right} of {questions}") for same in places]))
