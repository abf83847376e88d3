"""People and the networks of the quiz, question by question and cut by cut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from core.classroom.quiz import Question
from core.classroom.quiz_scores import ALL_CUTS, AnswerCount, Score, score_answers
from core.digits.datasets import Dataset
from core.pmnist.masks import CUT_NAMES, CUTS
from core.visualization import arrays
from core.visualization.arrays import Picture
from core.visualization.classroom import PEOPLE_COLOR, ScoreBar, ScoreRow
from core.visualization.network_colors import color_of
from dashboard.server.caches import Zoo
from dashboard.server.scene import DEFAULT_NETWORKS
from dashboard.widgets.data_set import sample
from dashboard.widgets.readings import networks_or_warn
from dashboard.widgets.texts import show_text

HEADINGS = {ALL_CUTS: "all cuts", **{cut: f"{cut}: {name} gone" for cut, name in CUT_NAMES.items()}}
Read = Mapping[tuple[int, int], int]
"""What a network answers, by round and number."""


def networks(data: Dataset, zoo: Zoo) -> tuple[str, ...]:
    """Return the networks that play, and say in a sentence which of them cannot."""
    return tuple(networks_or_warn([name for name in DEFAULT_NETWORKS if name in zoo], data))


def solve(data: Dataset, question: Question) -> Picture:
    """Return the whole digit, what was missing of its ink in orange."""
    return arrays.tint_erased(sample(data, question.digit), question.mask.numpy())


def to_score_rows(
    people: str, tallies: Sequence[AnswerCount], reads: Mapping[str, Read], zoo: Zoo, data: Dataset, *, told: bool
) -> list[ScoreRow]:
    """Return the people's row and one for each network, all of them over the same answers."""
    note = "shown where something is missing" if told else "not told what is missing"
    rows = [ScoreRow(people, note, PEOPLE_COLOR, _shares(score_answers(tallies), {}, bounds=True))]
    for name, found in reads.items():
        card = zoo[name]
        known = card.accuracies() if card.dataset["name"] == data.name else {}
        marks = {cut: known[cut] for cut in CUTS if cut in known}
        if len(marks) == len(CUTS):
            marks[ALL_CUTS] = sum(marks.values()) / len(CUTS)
        note = "told what is missing" if card.track == "mask known" else "not told what is missing"
        shares = _shares(score_answers(tallies, found), marks, bounds=False)
        rows.append(ScoreRow(card.title, note, color_of(name), shares))
    return rows


def _shares(scores: Mapping[str, Score], marks: Mapping[str, float], *, bounds: bool) -> dict[str, ScoreBar]:
    return {
        column: ScoreBar(
            found.percent,
            f"{found.right:,} of {found.answers:,}",
            found.interval() if bounds else None,
            marks.get(column),
        )
        for column, found in scores.items()
        if found.answers
    }


def explain(rows: Sequence[ScoreRow], data: Dataset) -> str:
    """Return what the bars of a contest mean."""
    words = "The orange line is the 95 % interval of people's answers (Wilson), as if each were independent."
    if any(bar.reference is not None for row in rows for bar in row.bars.values()):
        words += f" An upright line is what that network reads of all {len(data.test):,} test digits of {data.name}."
    return words


def show_counting() -> None:
    """Say how people and networks are compared, and what that cannot say."""
    with st.expander("How this is counted, and what it cannot say"):
        show_text("quiz_counting")
