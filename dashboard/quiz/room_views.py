"""The view "The room": the code to join a room, and the board that counts its answers."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core.classroom.quiz_scores import HardQuestion, hardest_questions
from core.classroom.room_board import ROOM_LIFETIME, Room
from core.classroom.room_database import RoomError
from core.digits.datasets import Dataset, DatasetError
from core.pmnist.masks import CUT_NAMES
from core.visualization.classroom import draw_scores
from core.visualization.gallery import GalleryItem, draw_gallery
from dashboard import address
from dashboard.quiz import cached, rounds, score_table
from dashboard.quiz.cached import AnsweredRound
from dashboard.quiz.rounds import Game
from dashboard.server import caches
from dashboard.server.caches import Zoo
from dashboard.server.session import Session
from dashboard.server.visitors import ensure_visitor_id, get_openers, get_origin
from dashboard.shell import share
from dashboard.widgets.texts import show_problems

POLL = 2.0  # seconds between two reads of the board
DAY = 24 * 3600  # seconds
PROBLEM, CODE = "quiz room problem", "quiz code"  # keys


def show_room(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show the board of the visitor's room, or the forms to open or join one."""
    game: Game = st.session_state[rounds.GAME]
    if game.room is None:
        _show_open_and_join(game)
    else:
        code, board = st.columns([270, 900], gap="medium")
        with code:
            _show_code(game.room)
        with board:
            st.fragment(_show_board, run_every=POLL)(game.room, zoo)
        _show_actions(game, game.room)
    show_problems([one] if (one := st.session_state.pop(PROBLEM, "")) else [])


def _show_open_and_join(game: Game) -> None:
    opening, joining = st.columns(2, gap="large")
    with opening:
        st.markdown("#### Open a room")
        st.markdown("All players read the same digits. A board for the projector counts their answers.")
        holes_shown = st.toggle(
            "Show players the erased area",
            value=True,
            key="quiz told",
            help="Off: they see only what is left, like most of the networks.",
        )
        st.button("Open a room", on_click=_open, args=(game, holes_shown), key="quiz open", type="primary")
    with joining:
        st.markdown("#### Join a room")
        with st.form("quiz join", border=False):
            st.text_input("Code of the room", max_chars=8, placeholder="four letters", key=CODE)
            st.form_submit_button("Join", on_click=_join)


def _open(game: Game, holes_shown: bool) -> None:
    try:
        visitor = ensure_visitor_id()
        room = rounds.board().open_room(game.data.name, told=holes_shown, opener=visitor, origin=get_origin())
        rounds.start(rounds.enter(room))
    except (RoomError, DatasetError) as error:
        st.session_state[PROBLEM] = str(error)


def _join() -> None:
    """Enter the room whose code was typed, and play."""
    try:
        rounds.start(rounds.enter(rounds.board().find(st.session_state.get(CODE) or "")))
        address.change(rounds.VIEW, rounds.PLAY)
    except (RoomError, DatasetError) as error:
        st.session_state[PROBLEM] = str(error)


def _show_code(room: Room) -> None:
    link = share.write_url(str(st.context.url or ""), {"room": room.code})
    st.html(
        f'<div class="ns-room" style="font-size:3.4rem;font-weight:800;letter-spacing:.12em;line-height:1.25">'
        f"{room.code}</div>"
    )
    st.html(f'<img src="{share.draw_code(link)}" alt="QR code of the link below" style="width:250px">')
    st.code(link, language=None, wrap_lines=True)
    share.say_who_can_open(link)


def _show_board(room: Room, zoo: Zoo) -> None:
    try:
        players, counts = rounds.board().tallies(room.code)
        data = caches.dataset(room.data)
    except (RoomError, DatasetError) as error:
        st.warning(str(error))
        return
    answers = sum(one.people for one in counts)
    st.markdown(f"#### {players:,} player{'s' * (players != 1)}, {answers:,} answer{'s' * (answers != 1)}")
    names = score_table.players_or_warn(data, zoo)
    answered = {one.round: cached.answer_round(names, data.name, room.seed + one.round) for one in counts}
    network_answers = {name: _answers_of(name, answered) for name in names}
    rows = score_table.to_score_rows("People", counts, network_answers, zoo, data, holes_shown=room.told)
    st.html(draw_scores(rows, score_table.HEADINGS))
    st.caption(
        f"{score_table.explain(rows, data)} A network's answer counts once for each player who answered the same "
        "question."
    )
    if st.toggle(
        "Show the digits that most players misread",
        key="quiz fooling",
        help="Players who have not finished will see solutions.",
    ):
        _show_hardest(hardest_questions(counts), answered, data)


def _answers_of(name: str, answered: Mapping[int, AnsweredRound]) -> dict[tuple[int, int], int]:
    return {(at, number): label for at, one in answered.items() for number, label in enumerate(one.answers[name])}


def _show_hardest(hardest: Sequence[HardQuestion], answered: Mapping[int, AnsweredRound], data: Dataset) -> None:
    items = []
    for hard in hardest:
        question = answered[hard.round].questions[hard.number]
        caption = (
            f"{hard.wrong} of {hard.people} misread this {data.classes[hard.label]} "
            f"({CUT_NAMES[hard.cut]} erased); most frequent answer: {data.classes[hard.commonest]}"
        )
        items.append(GalleryItem(score_table.draw_solution(data, question), caption))
    if items:
        st.html(draw_gallery(items, min_width=130, css_class="ns-fooling"))
    else:
        st.caption("No digit has been misread yet.")


def _show_actions(game: Game, room: Room) -> None:
    """Show the download of the answers, the button to leave, and for the opener the button to remove the room."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "All answers (CSV)", lambda: _export(room), f"room-{room.code}.csv", "text/csv", on_click="ignore"
        )
        st.button("Leave the room", on_click=rounds.leave_room, args=(game,), key="quiz leave")
        if _may_remove(room):
            with st.popover("Delete the room"):
                st.markdown(f"This deletes all answers of room {room.code}.")
                st.button("Delete", on_click=_remove, args=(game, room), key="quiz remove", type="primary")
    st.caption(f"A room is deleted after {ROOM_LIFETIME / DAY:.0f} days.")
    score_table.show_counting()


def _export(room: Room) -> bytes:
    try:
        return rounds.board().export(room.code)
    except RoomError as error:
        return str(error).encode()


def _may_remove(room: Room) -> bool:
    openers = get_openers()
    try:
        return bool(openers) and rounds.board().may_remove(room.code, *openers)
    except RoomError:  # the board on the page shows it
        return False


def _remove(game: Game, room: Room) -> None:
    try:
        rounds.board().remove(room.code, *get_openers())
        rounds.leave_room(game)
    except RoomError as error:
        st.session_state[PROBLEM] = str(error)
