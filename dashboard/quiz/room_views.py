"""The view "The room": a code and a QR code to join by, and the board that fills while people play."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from core.classroom.quiz_scores import HardQuestion, hardest_questions
from core.classroom.room_board import ROOM_LIFETIME, Room
from core.classroom.room_database import RoomError
from core.digits.datasets import Dataset, DatasetError
from core.pmnist.masks import CUT_NAMES
from core.visualization.classroom import draw_scores
from core.visualization.gallery import GalleryItem, draw_gallery
from dashboard.quiz import cached, round
from dashboard.quiz import players as contestants
from dashboard.quiz.cached import Round
from dashboard.quiz.round import Game
from dashboard.server import caches
from dashboard.server.caches import Zoo
from dashboard.server.session import Session
from dashboard.server.visitors import ensure_visitor_id, get_visitor_id, store_visitor_id
from dashboard.shell import share
from dashboard.widgets.texts import show_problems

EVERY = 2.0  # seconds between two looks at the board
A_DAY = 24 * 3600  # seconds
MISTAKE = "quiz room mistake"


def show_room(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show the board of the room that one is in, or how to get into one."""
    game: Game = st.session_state[round.GAME]
    if game.room is None:
        _show_door(game)
    else:
        ways, board = st.columns([270, 900], gap="medium")
        with ways:
            _show_code(game, game.room)
        with board:
            st.fragment(_show_board, run_every=EVERY)(game.room, zoo)
        _show_keeping(game, game.room)
    show_problems([one] if (one := st.session_state.pop(MISTAKE, "")) else [])
    store_visitor_id()


def _show_door(game: Game) -> None:
    opening, joining = st.columns(2, gap="large")
    with opening:
        st.markdown("#### Open a room")
        st.markdown("Everyone who joins plays the same digits, and a board for the projector counts the answers.")
        told = st.toggle(
            "Show people where something is missing",
            value=True,
            key="quiz told",
            help="If not, they see only what is left, as most of the networks do.",
        )
        st.button("Open a room", on_click=_open, args=(game, told), key="quiz open", type="primary")
    with joining:
        st.markdown("#### Join one")
        with st.form("quiz join", border=False):
            code = st.text_input("The code of the room", max_chars=8, placeholder="four letters", key="quiz code")
            if st.form_submit_button("Join"):
                _join(code)


def _open(game: Game, told: bool) -> None:
    try:
        round.begin(round.enter(round.board().open_room(game.data.name, told=told, opener=ensure_visitor_id())))
    except (RoomError, DatasetError) as error:
        st.session_state[MISTAKE] = str(error)


def _join(code: str) -> None:
    try:
        round.begin(round.enter(round.board().find(code)))
    except (RoomError, DatasetError) as error:
        st.warning(str(error))
        return
    st.rerun()


def _show_code(game: Game, room: Room) -> None:
    link = share.write_url(str(st.context.url or ""), game.params())
    st.html(
        f'<div class="ns-room" style="font-size:3.4rem;font-weight:800;letter-spacing:.12em;line-height:1.25">'
        f"{room.code}</div>"
    )
    st.image(share.draw_code(link), width=250)
    st.code(link, language=None, wrap_lines=True)
    share.say_who_can_open(link)


def _show_board(room: Room, zoo: Zoo) -> None:
    try:
        players, tallies = round.board().tallies(room.code)
        data = caches.dataset(room.data)
    except (RoomError, DatasetError) as error:
        st.warning(str(error))
        return
    answers = sum(one.people for one in tallies)
    st.markdown(f"#### {players:,} player{'s' * (players != 1)}, {answers:,} answer{'s' * (answers != 1)}")
    names = contestants.networks(data, zoo)
    rounds = {one.round: cached.read_round(names, data.name, room.seed + one.round) for one in tallies}
    reads = {name: _answers(rounds, name) for name in names}
    rows = contestants.to_score_rows("People", tallies, reads, zoo, data, told=room.told)
    st.html(draw_scores(rows, contestants.HEADINGS))
    st.caption(
        f"{contestants.explain(rows, data)} A network's answer counts once for everybody who answered the same "
        "question."
    )
    if st.toggle(
        "Show the digits that fooled most people",
        key="quiz fooling",
        help="Whoever still plays then sees solutions on this board.",
    ):
        _show_fooling(hardest_questions(tallies), rounds, data)


def _answers(rounds: Mapping[int, Round], name: str) -> dict[tuple[int, int], int]:
    return {(at, number): label for at, one in rounds.items() for number, label in enumerate(one.read[name])}


def _show_fooling(puzzles: Sequence[HardQuestion], rounds: Mapping[int, Round], data: Dataset) -> None:
    items = []
    for puzzle in puzzles:
        asked = rounds[puzzle.round].questions[puzzle.number]
        caption = (
            f"{puzzle.wrong} of {puzzle.people} missed this {data.classes[puzzle.label]} "
            f"({CUT_NAMES[puzzle.cut]} gone); most often said: {data.classes[puzzle.commonest]}"
        )
        items.append(GalleryItem(contestants.solve(data, asked), caption))
    if items:
        st.html(draw_gallery(items, min_width=130, css_class="ns-fooling"))
    else:
        st.caption("Nobody was fooled yet.")


def _show_keeping(game: Game, room: Room) -> None:
    """Offer the answers as a table, the way out, and to whoever opened the room its end."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "All answers (CSV)", lambda: _export(room), f"room-{room.code}.csv", "text/csv", on_click="ignore"
        )
        st.button("Leave the room", on_click=round.leave, args=(game,), key="quiz leave")
        if _may_remove(room):
            with st.popover("Remove the room"):
                st.markdown(f"All answers of room {room.code} are deleted.")
                st.button("Delete them", on_click=_remove, args=(game, room), key="quiz remove", type="primary")
    st.caption(f"A room is deleted after {ROOM_LIFETIME / A_DAY:.0f} days.")
    contestants.show_counting()


def _export(room: Room) -> bytes:
    try:
        return round.board().export(room.code)
    except RoomError as error:
        return str(error).encode()


def _may_remove(room: Room) -> bool:
    opener = get_visitor_id()
    try:
        return opener is not None and round.board().may_remove(room.code, opener)
    except RoomError:  # the board says it
        return False


def _remove(game: Game, room: Room) -> None:
    try:
        round.board().remove(room.code, ensure_visitor_id())
        round.leave(game)
    except RoomError as error:
        st.session_state[MISTAKE] = str(error)
