"""Scores of the quiz: correct answers of people and networks by cut, and the hardest questions. Imports no torch."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.classroom.game_kinds import GameKind
from core.system.intervals import wilson_interval

ALL_CUTS = "all"


@dataclass(frozen=True, kw_only=True)
class AnsweredQuestion:
    """An answer to one question."""

    round: int
    """The room's round, from 0."""
    number: int
    """The question within the round, from 0."""
    digit: int
    """Index among the test digits."""
    cut: str
    label: int
    """The true class."""
    said: int
    """The class that was answered."""


@dataclass(frozen=True, kw_only=True)
class Answer(AnsweredQuestion):
    """One person's answer to one question. Beside their answers, a room stores only their nickname."""

    player: str
    """A random number for this game."""


@dataclass(frozen=True, kw_only=True)
class AnswerCount(AnsweredQuestion):
    """The number of people who gave the same answer to the same question."""

    people: int = 1


@dataclass(frozen=True)
class Score:
    """The number of correct answers."""

    right: int
    answers: int

    @property
    def percent(self) -> float:
        return 100 * self.right / self.answers if self.answers else 0.0

    def interval(self) -> tuple[float, float]:
        """Return the 95 % interval of the share of correct answers, in percent (Wilson 1927).

        It assumes independent answers; people who share twenty digits are less certain than that.
        """
        return wilson_interval(self.right, self.answers)


def score_answers(
    tallies: Iterable[AnswerCount], read: Mapping[tuple[int, int], int] | None = None
) -> dict[str, Score]:
    """Return the score of people, or of a network, by cut and for ALL_CUTS.

    `read` holds the network's answers by round and number. Each counts once per person who answered that question, so
    people and networks are compared on the same digits, each as often.
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
    """A question that people answered wrongly."""

    round: int
    number: int
    cut: str
    label: int
    people: int
    wrong: int
    commonest: int
    """The most frequent wrong answer."""


def hardest_questions(
    tallies: Iterable[AnswerCount], *, most: int = 5, kind: GameKind = GameKind.PARTIAL
) -> list[HardQuestion]:
    """Return the `most` questions with the largest share of wrong answers, the worst first."""
    by_question: dict[tuple[int, int], list[AnswerCount]] = {}
    for tally in tallies:
        by_question.setdefault((tally.round, tally.number), []).append(tally)
    questions = [question for found in by_question.values() if (question := _hard_question(found, kind)) is not None]
    return sorted(questions, key=lambda one: (-one.wrong / one.people, -one.people, one.round, one.number))[:most]


def _hard_question(found: Sequence[AnswerCount], kind: GameKind) -> HardQuestion | None:
    wrong = [tally for tally in found if not kind.is_right(tally.said, tally.label)]
    if not wrong:
        return None
    first, commonest = found[0], max(wrong, key=lambda tally: tally.people)
    people, mistakes = sum(tally.people for tally in found), sum(tally.people for tally in wrong)
    return HardQuestion(first.round, first.number, first.cut, first.label, people, mistakes, commonest.said)
