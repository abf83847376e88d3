"""The player's nickname in a room: drawn when they enter, and changed in a small form."""

import streamlit as st

from core.classroom.nicknames import MAX_LENGTH, NicknameError
from core.classroom.room_board import Room
from core.classroom.room_database import RoomError
from dashboard.quiz.rounds import Game
from dashboard.server import rooms

PROBLEM, TYPED = "quiz nickname problem", "quiz nickname"  # keys


def ensure(game: Game) -> None:
    """Let the player into the game's room, if they are not in it yet; without its database they have no nickname."""
    if game.room is None or game.nickname:
        return
    try:
        game.nickname = rooms.board().players.join(game.room.code, game.player)
        game.problem = "" if not game.unsent else game.problem
    except RoomError as error:
        game.problem = str(error)


def show_place(game: Game, room: Room) -> None:
    """Say in which room the player plays, and under which nickname."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"You play in room **{room.code}** as", width="content")
        _show_form(game)


def _show_form(game: Game) -> None:
    """Let the player choose another nickname."""
    if not game.nickname:
        return
    with st.popover(game.nickname, icon=":material/edit:", help="Change your nickname."):
        with st.form("quiz nickname form", border=False):
            st.text_input("Nickname", value=game.nickname, max_chars=MAX_LENGTH, key=TYPED)
            st.form_submit_button("Change", on_click=_change, args=(game,))
        if problem := st.session_state.pop(PROBLEM, ""):
            st.warning(problem)
        st.caption("Others see it if the teacher shows a podium. Do not use your full name.")


def _change(game: Game) -> None:
    assert game.room is not None
    try:
        game.nickname = rooms.board().players.rename(game.room.code, game.player, st.session_state[TYPED])
    except (RoomError, NicknameError) as error:
        st.session_state[PROBLEM] = str(error)
