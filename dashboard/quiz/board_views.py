"""The code to join a room, and the board that counts its answers."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core.classroom.quiz import QUESTIONS_PER_ROUND, Question
from core.classroom.quiz_scores import ALL_CUTS, AnswerCount, HardQuestion, hardest_questions
from core.classroom.room_board import Room
from core.classroom.room_database import RoomError
from core.digits.datasets import Dataset, DatasetError
from core.pmnist.masks import CUT_NAMES, CUTS
from core.visualization.classroom import draw_scores
from core.visualization.gallery import GalleryItem, draw_gallery
from dashboard.quiz import cached, podium, score_table
from dashboard.quiz.cached import AnsweredRound
from dashboard.quiz.score_table import NetworkAnswers
from dashboard.server import caches, rooms
from dashboard.server.caches import Zoo
from dashboard.shell import share


def show_code(room: Room) -> None:
    """Show the room's code, its link, and the link as a QR code."""
    share.show_code(room.code, "room")


def show_board(room: Room, zoo: Zoo) -> None:
    """Show how many play in a room at their own pace, and their scores beside those of the networks."""
    try:
        players, counts = rooms.board().tallies(room.code)
        data = caches.dataset(room.data)
    except (RoomError, DatasetError) as error:
        st.warning(str(error))
        return
    answers = sum(one.people for one in counts)
    st.markdown(f"#### {players:,} player{'s' * (players != 1)}, {answers:,} answer{'s' * (answers != 1)}")
    names = score_table.players_or_warn(data, zoo)
    answered = {one.round: cached.answer_round(names, data.name, room.seed + one.round) for one in counts}
    show_scores(room, counts, {name: answers_of(name, answered) for name in names}, zoo, data)
    if st.toggle(
        "Show the digits that most players misread",
        key="quiz fooling",
        help="Players who have not finished will see solutions.",
    ):
        hardest = hardest_questions(counts)
        show_hardest([to_hard_item(one, answered[one.round].questions[one.number], data) for one in hardest])
    if st.toggle("Show a podium", key="quiz podium", help="Who has read most digits of the first round."):
        podium.show_podium(room, 0, QUESTIONS_PER_ROUND)


def show_scores(
    room: Room,
    counts: Sequence[AnswerCount],
    network_answers: Mapping[str, NetworkAnswers],
    zoo: Zoo,
    data: Dataset,
    cuts: Sequence[str] = CUTS,
    people: str = "People",
) -> None:
    """Show the accuracy of the players on each cut, and that of each network on the same digits."""
    rows = score_table.to_score_rows(people, counts, network_answers, zoo, data, holes_shown=room.told, cuts=cuts)
    st.html(draw_scores(rows, {column: score_table.HEADINGS[column] for column in (ALL_CUTS, *cuts)}))
    st.caption(
        f"{score_table.explain(rows, data)} A network's answer counts once for each player who answered the same "
        "question."
    )


def answers_of(name: str, answered: Mapping[int, AnsweredRound]) -> dict[tuple[int, int], int]:
    """Return the classes that a network reads, by round and number of the question."""
    return {(at, number): label for at, one in answered.items() for number, label in enumerate(one.answers[name])}


def to_hard_item(hard: HardQuestion, question: Question, data: Dataset) -> GalleryItem:
    """Return a partial digit that many players misread, and how many."""
    caption = (
        f"{hard.wrong} of {hard.people} misread this {data.classes[hard.label]} "
        f"({CUT_NAMES[hard.cut]} erased); most frequent answer: {data.classes[hard.commonest]}"
    )
    return GalleryItem(score_table.draw_solution(data, question), caption)


def show_hardest(items: Sequence[GalleryItem]) -> None:
    """Show the questions that most players answered wrongly."""
    if items:
        st.html(draw_gallery(items, min_width=130, css_class="ns-fooling"))
    else:
        st.caption("No wrong answers so far.")
