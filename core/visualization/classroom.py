"""People and networks side by side, as HTML: their answers to one digit, and their accuracy on every cut."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.visualization.rendering import render

PEOPLE_COLOR = "currentColor"  # the text's own: it stands out among the networks' on light and on dark


@dataclass(frozen=True)
class QuizAnswer:
    """The answer of a person or a network to one digit."""

    title: str
    color: str
    answer: str
    correct: bool
    note: str = ""


def draw_quiz_answers(answers: Sequence[QuizAnswer]) -> str:
    """Return answers one below another: name, answer, right or wrong."""
    return render("quiz_answers.html", answers=answers)


def draw_answer_captions(answers: Sequence[QuizAnswer]) -> str:
    """Return one short line for each answer, for under a picture; the wrong ones are pale."""
    return render("answer_captions.html", answers=answers)


@dataclass(frozen=True)
class ScoreBar:
    """An accuracy in percent."""

    percent: float
    note: str
    """The counts behind it, such as "3 of 5"."""
    interval: tuple[float, float] | None = None
    reference: float | None = None
    """Another accuracy to compare it with, as an upright line."""


@dataclass(frozen=True)
class ScoreRow:
    """The accuracies of people, or of a network."""

    title: str
    note: str
    color: str
    bars: Mapping[str, ScoreBar]
    """By the key of the column."""


def draw_scores(rows: Sequence[ScoreRow], headings: Mapping[str, str]) -> str:
    """Return the rows, the people's first, with a bar for each column of `headings`."""
    return render("scores.html", rows=rows, headings=headings)
