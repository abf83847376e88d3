"""The drawings that a class has collected, on the teacher's screen or the projector; phones do not come along."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core.classroom.class_test_set import Readings, find_misread, score_networks
from core.classroom.collected_drawings import CollectedDrawing
from core.classroom.quiz_scores import Score
from core.classroom.room_database import RoomError
from core.digits.datasets import Dataset
from core.visualization.classroom import ScoreBar, ScoreRow, draw_scores
from core.visualization.gallery import GalleryItem, draw_gallery
from core.visualization.network_colors import color_of
from dashboard.class_drawings import collecting, files, readings, wall
from dashboard.server import rooms, visitors
from dashboard.server.caches import Zoo
from dashboard.server.session import Session
from dashboard.shell import leading
from dashboard.widgets.texts import read_note, show_caption

POLL = 2.0  # seconds between two reads of the drawings while the class collects; else five times as many


def show_drawings(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show the drawings of the class that the visitor leads, or how to begin."""
    if session.leading is None:
        _explain(session)
        return
    code = session.leading.code
    with st.container(horizontal=True, vertical_alignment="center"):
        collects = collecting.show_collecting(code)
        names = readings.choose_readers(zoo)
        files.show_files(code)
    st.fragment(_show, run_every=POLL if collects else 5 * POLL)(code, names, data, zoo)


def _explain(session: Session) -> None:
    if session.following is not None:
        st.info(read_note("class_drawings", "Follower"))
        return
    st.markdown(read_note("class_drawings", "No class"))
    leading.show_offer("drawings")


def _show(code: str, names: Sequence[str], data: Dataset, zoo: Zoo) -> None:
    """Show the wall, and beside it how many of its drawings each network reads."""
    if problem := st.session_state.pop(collecting.PROBLEM, ""):
        st.warning(problem)
    try:
        every = rooms.board().drawings.list_all(code, *visitors.get_openers())
    except RoomError as error:
        st.warning(str(error))
        return
    shown = [one for one in every if not one.hidden]
    read = readings.read_in_parts(names, shown, data)
    scores = score_networks(shown, read)
    st.markdown(f"**{describe(shown, scores, zoo)}**")
    left, right = st.columns([600, 560], gap="medium")
    with left:
        wall.show_wall(code, every, read, zoo)
    with right:
        _show_scores(scores, zoo)
    _show_misread(shown, read)


def describe(shown: Sequence[CollectedDrawing], scores: Mapping[str, Score], zoo: Zoo) -> str:
    """Return a sentence: how many drawings there are, and how many of them the first network reads."""
    if not shown:
        return "The class has no drawings yet."
    many = f"The class has {len(shown)} drawing{'s' * (len(shown) != 1)}."
    name = next((name for name, score in scores.items() if score.answers), None)
    if name is None:
        return many
    score = scores[name]
    low, high = score.interval()
    return (
        f"{many} {zoo[name].title} reads {score.right} of {score.answers} as they were meant: {score.percent:.0f} %, "
        f"95 % interval {low:.0f} to {high:.0f} %."
    )


def _show_scores(scores: Mapping[str, Score], zoo: Zoo) -> None:
    rows = [_to_row(zoo[name].title, color_of(name), score) for name, score in scores.items() if score.answers]
    if rows:
        st.html(draw_scores(rows, {"all": "accuracy on the class's drawings"}))
        show_caption("class_drawings", "Accuracy")


def _to_row(title: str, color: str, score: Score) -> ScoreRow:
    low, high = score.interval()
    note = f"{score.right} of {score.answers}; 95 % interval {low:.0f} to {high:.0f} %"
    return ScoreRow(title, "", color, {"all": ScoreBar(score.percent, note, (low, high))})


def _show_misread(shown: Sequence[CollectedDrawing], read: Readings) -> None:
    found = find_misread(shown, read)
    if not found:
        return
    st.markdown("#### The drawings that most networks misread")
    items = [
        GalleryItem(
            one.drawing.pixels,
            f"{one.wrong} of {one.networks} misread this {one.drawing.label}; most frequent answer: {one.commonest}",
        )
        for one in found
    ]
    st.html(draw_gallery(items, min_width=115, css_class="ns-fooling"))
