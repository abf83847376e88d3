"""The view "The room": the code to join a room, and the board that counts its answers."""

import streamlit as st

from core.classroom.paced_games import GamePlan
from core.classroom.room_board import EMPTY_LIFETIME, ROOM_LIFETIME, Room
from core.classroom.room_database import RoomError
from core.digits.datasets import Dataset, DatasetError
from dashboard import address
from dashboard.quiz import board_views, paced_room_views, plan_form, rounds, score_table
from dashboard.quiz.rounds import Game
from dashboard.server import rooms
from dashboard.server.caches import Zoo
from dashboard.server.session import Session
from dashboard.server.visitors import ensure_visitor_id, get_openers, get_origin
from dashboard.widgets.texts import read_note, show_problems

POLL = 2.0  # seconds between two reads of the board
DAY, HOUR = 24 * 3600, 3600  # seconds
PROBLEM, CODE = "quiz room problem", "quiz code"  # keys


def show_room(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show the board of the visitor's room, or the forms to open or join one."""
    game: Game = st.session_state[rounds.GAME]
    if game.room is None:
        _show_open_and_join(game)
    elif game.plan is not None:
        paced_room_views.show_room(game.room, zoo, leads=_may_lead(game.room))
        _show_actions(game, game.room)
    else:
        code, board = st.columns([270, 900], gap="medium")
        with code:
            board_views.show_code(game.room)
        with board:
            st.fragment(board_views.show_board, run_every=POLL)(game.room, zoo)
        _show_actions(game, game.room)
    show_problems([one] if (one := st.session_state.pop(PROBLEM, "")) else [])


def _show_open_and_join(game: Game) -> None:
    opening, joining = st.columns(2, gap="large")
    with opening:
        st.markdown("#### Open a room")
        st.markdown(read_note("quiz", "Open a room"))
        plan, holes_shown = plan_form.show_settings()
        st.button("Open a room", on_click=_open, args=(game, holes_shown, plan), key="quiz open", type="primary")
    with joining, st.form("quiz join", border=False):  # the heading too: a projector folds the form away as a whole
        st.markdown("#### Join a room")
        st.text_input("Code of the room", max_chars=8, placeholder="four letters", key=CODE)
        st.form_submit_button("Join", on_click=_join)


def _open(game: Game, holes_shown: bool, plan: GamePlan | None) -> None:
    try:
        visitor = ensure_visitor_id()
        room = rooms.board().open_room(game.data.name, told=holes_shown, opener=visitor, origin=get_origin(), plan=plan)
        rounds.start(rounds.enter(room))
    except (RoomError, DatasetError) as error:
        st.session_state[PROBLEM] = str(error)


def _join() -> None:
    """Enter the room whose code was typed, and play."""
    try:
        rounds.start(rounds.enter(rooms.board().find(st.session_state.get(CODE) or "")))
        address.change(rounds.VIEW, rounds.PLAY)
    except (RoomError, DatasetError) as error:
        st.session_state[PROBLEM] = str(error)


def _show_actions(game: Game, room: Room) -> None:
    """Show the download of the answers, the button to leave, and for the opener the button to remove the room."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "All answers (CSV)", lambda: _export(room), f"room-{room.code}.csv", "text/csv", on_click="ignore"
        )
        st.button("Leave the room", on_click=rounds.leave_room, args=(game,), key="quiz leave")
        if _may_lead(room):
            with st.popover("Delete the room"):
                st.markdown(f"This deletes all answers of room {room.code}.")
                st.button("Delete", on_click=_remove, args=(game, room), key="quiz remove", type="primary")
    st.caption(
        f"A room is deleted after {ROOM_LIFETIME / DAY:.0f} days, or after {EMPTY_LIFETIME / HOUR:.0f} hours if nobody "
        "has joined it."
    )
    score_table.show_counting()


def _export(room: Room) -> bytes:
    try:
        return rooms.board().export(room.code)
    except RoomError as error:
        return str(error).encode()


def _may_lead(room: Room) -> bool:
    openers = get_openers()
    try:
        return bool(openers) and rooms.board().may_remove(room.code, *openers)
    except RoomError:  # the board on the page shows it
        return False


def _remove(game: Game, room: Room) -> None:
    try:
        rooms.board().remove(room.code, *get_openers())
        rounds.leave_room(game)
    except RoomError as error:
        st.session_state[PROBLEM] = str(error)
