"""People and networks side by side, as HTML: their answers to one digit, their accuracy on every cut, a podium."""

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
class Share:
    """How many people gave one answer."""

    answer: str
    people: int
    correct: bool | None = None
    """None as long as the solution is secret."""


def draw_distribution(shares: Sequence[Share]) -> str:
    """Return a bar for each answer, as high as the number of people who gave it."""
    return render("distribution.html", shares=shares, most=max([1, *(share.people for share in shares)]))


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


@dataclass(frozen=True)
class Place:
    """One place of a podium, which those who have read equally many digits share."""

    names: Sequence[str]
    note: str
    """The count, such as "7 of 8"."""


def draw_podium(places: Sequence[Place], *, most: int = 6) -> str:
    """Return the places side by side, the first in the middle, with at most `most` names each."""
    return render("podium.html", places=places, most=most)


def draw_scores(rows: Sequence[ScoreRow], headings: Mapping[str, str]) -> str:
    """Return the rows, the people's first, with a bar for each column of `headings`."""
    return render("scores.html", rows=rows, headings=headings)
