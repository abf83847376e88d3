"""The rows of people and networks in the table of scores, a bar for each cut."""

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
from dashboard.widgets.texts import read_note, show_text

HEADINGS = {ALL_CUTS: "all cuts", **{cut: f"{cut}: {name} erased" for cut, name in CUT_NAMES.items()}}
NetworkAnswers = Mapping[tuple[int, int], int]
"""The classes that a network reads, by round and number of the question."""


def players_or_warn(data: Dataset, zoo: Zoo) -> tuple[str, ...]:
    """Return the names of the networks that play; warn about those that cannot be loaded."""
    return tuple(networks_or_warn([name for name in DEFAULT_NETWORKS if name in zoo], data))


def draw_solution(data: Dataset, question: Question) -> Picture:
    """Return the whole digit as a picture, with the ink that was erased in orange."""
    return arrays.tint_erased(sample(data, question.digit), question.mask.numpy())


def to_score_rows(
    people: str,
    counts: Sequence[AnswerCount],
    network_answers: Mapping[str, NetworkAnswers],
    zoo: Zoo,
    data: Dataset,
    *,
    holes_shown: bool,
    cuts: Sequence[str] = CUTS,
) -> list[ScoreRow]:
    """Return the row of the people, called `people`, and a row for each network, all scored over the same answers."""
    note = "can see the erased area" if holes_shown else "cannot see the erased area"
    rows = [ScoreRow(people, note, PEOPLE_COLOR, to_bars(score_answers(counts), {}, intervals=True))]
    for name, answers in network_answers.items():
        card = zoo[name]
        known = card.accuracies() if card.dataset["name"] == data.name else {}
        references = {cut: known[cut] for cut in cuts if cut in known}
        if len(references) == len(cuts):
            references[ALL_CUTS] = sum(references.values()) / len(cuts)
        note = "mask known" if card.track == "mask known" else "blind: mask unknown"
        bars = to_bars(score_answers(counts, answers), references, intervals=False)
        rows.append(ScoreRow(card.title, note, color_of(name), bars))
    return rows


def to_bars(scores: Mapping[str, Score], references: Mapping[str, float], *, intervals: bool) -> dict[str, ScoreBar]:
    """Return a bar for each column with answers, with a line at its reference, if there is one."""
    return {
        column: ScoreBar(
            score.percent,
            f"{score.right:,} of {score.answers:,}",
            score.interval() if intervals else None,
            references.get(column),
        )
        for column, score in scores.items()
        if score.answers
    }


def explain(rows: Sequence[ScoreRow], data: Dataset) -> str:
    """Return sentences that explain the bars and lines of the table."""
    words = read_note("quiz", "Interval")
    if any(bar.reference is not None for row in rows for bar in row.bars.values()):
        words += f" A vertical line is the network's accuracy on all {len(data.test):,} test digits of {data.title}."
    return words


def show_counting() -> None:
    """Show how people and networks are compared, and the limits of the comparison."""
    with st.expander("How the answers are counted"):
        show_text("quiz_counting")
