"""Answers to the quiz counted: who was right how often, on which cut, and what fooled most. No torch is needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

ALL_CUTS = "all"
NORMAL = 1.959964  # standard deviations to both sides hold 95 % of a normal distribution


@dataclass(frozen=True, kw_only=True)
class AnsweredQuestion:
    """What was said to one question."""

    round: int
    """Which of the room's rounds, from 0."""
    number: int
    """Of the question within the round, from 0."""
    digit: int
    cut: str
    label: int
    said: int


@dataclass(frozen=True, kw_only=True)
class Answer(AnsweredQuestion):
    """What one person said to one question: all that is ever kept of them."""

    player: str
    """A random number, drawn for this game."""


@dataclass(frozen=True, kw_only=True)
class AnswerCount(AnsweredQuestion):
    """How many people said the same to the same question."""

    people: int = 1


@dataclass(frozen=True)
class Score:
    """How many answers were right."""

    right: int
    answers: int

    @property
    def percent(self) -> float:
        return 100 * self.right / self.answers if self.answers else 0.0

    def interval(self) -> tuple[float, float]:
        """Return the 95 % interval of the share of right answers, in percent (Wilson 1927): it never leaves 0 to 100.

        It takes every answer for independent of the others; people who share twenty digits know less than that.
        """
        if not self.answers:
            return 0.0, 100.0
        share, spread = self.right / self.answers, NORMAL**2 / self.answers
        middle = (share + spread / 2) / (1 + spread)
        reach = NORMAL * ((share * (1 - share) + spread / 4) / self.answers) ** 0.5 / (1 + spread)
        return 100 * max(0.0, middle - reach), 100 * min(1.0, middle + reach)


def score_answers(
    tallies: Iterable[AnswerCount], read: Mapping[tuple[int, int], int] | None = None
) -> dict[str, Score]:
    """Return the people's score on "all" cuts and on every one that was asked, or that of a network.

    `read` is what the network answers, by round and number. Each of its answers counts once for everybody who answered
    that question, so that people and networks are compared on the very same digits, each as often.
    """
    scores = {ALL_CUTS: Score(0, 0)}
    for tally in tallies:
        said = tally.said if read is None else read[tally.round, tally.number]
        right = tally.people if said == tally.label else 0
        for column in (ALL_CUTS, tally.cut):
            before = scores.get(column, Score(0, 0))
            scores[column] = Score(before.right + right, before.answers + tally.people)
    return scores


@dataclass(frozen=True)
class HardQuestion:
    """One question, and what all people made of it."""

    round: int
    number: int
    cut: str
    label: int
    people: int
    wrong: int
    commonest: int
    """The wrong answer that most gave."""


def hardest_questions(tallies: Iterable[AnswerCount], *, most: int = 5) -> list[HardQuestion]:
    """Return the questions that fooled the largest share of people, the worst first; of equals the more answered."""
    asked: dict[tuple[int, int], list[AnswerCount]] = {}
    for tally in tallies:
        asked.setdefault((tally.round, tally.number), []).append(tally)
    puzzles = [puzzle for found in asked.values() if (puzzle := _hard_question(found)) is not None]
    return sorted(puzzles, key=lambda one: (-one.wrong / one.people, -one.people, one.round, one.number))[:most]


def _hard_question(found: Sequence[AnswerCount]) -> HardQuestion | None:
    wrong = [tally for tally in found if tally.said != tally.label]
    if not wrong:
        return None
    first, commonest = found[0], max(wrong, key=lambda tally: tally.people)
    people, misled = sum(tally.people for tally in found), sum(tally.people for tally in wrong)
    return HardQuestion(first.round, first.number, first.cut, first.label, people, misled, commonest.said)
