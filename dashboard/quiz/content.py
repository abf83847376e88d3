"""What a game at the teacher's pace asks, shows and says: each kind of game has a class of its own for this."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import streamlit as st

from core.classroom.paced_games import PacedGame, most_frequent
from core.classroom.quiz import AskedQuestion
from core.classroom.quiz_scores import AnswerCount, HardQuestion, hardest_questions
from core.classroom.room_board import Room
from core.digits.datasets import Dataset
from core.visualization.classroom import PEOPLE_COLOR, QuizAnswer
from core.visualization.gallery import GalleryItem
from dashboard.quiz import board_views, question_views


@dataclass(frozen=True, eq=False)
class Content(ABC):
    """The questions of one round. Numbers count them from 0."""

    PROMPT: ClassVar[str]
    """The question in words."""
    DONE: ClassVar[str]
    """What players who are right have done: "... of 30 players read it correctly"."""
    VERDICTS: ClassVar[tuple[str, str]] = ("Wrong", "Right")
    """What a player reads about a wrong answer, and about a right one."""
    SCORE: ClassVar[str]
    """What a player reads at the end, with {right} and {asked}."""
    TOTAL: ClassVar[str] = "{right} of {answers} answers are correct"
    """What all read at the end."""
    HARDEST: ClassVar[str]
    """The heading of the questions that most players answered wrongly."""

    RANKS_EACH: ClassVar[bool] = False
    """Whether each question has a podium of its own."""

    room: Room
    game: PacedGame
    data: Dataset

    @property
    @abstractmethod
    def choices(self) -> Sequence[str]:
        """Return the possible answers; an answer is an index of them."""

    @property
    @abstractmethod
    def asked(self) -> Sequence[AskedQuestion]:
        """Return the questions as a room stores them."""

    def is_right(self, number: int, said: int) -> bool:
        """Say whether an answer is right."""
        return bool(self.game.plan.kind.is_right(said, self.asked[number].label))

    def place_of(self, number: int) -> str:
        """Return the name of the question among those of all rounds."""
        return f"{self.game.position.round}.{number}"

    def show_choices(self, number: int, answer: Callable[[int], None]) -> None:
        """Show what a player answers with."""
        question_views.show_keypad(self.choices, self.place_of(number), answer)

    @abstractmethod
    def show_picture(self, number: int, *, solved: bool) -> None:
        """Show what is asked; `solved`: with the solution."""

    @abstractmethod
    def solution(self, number: int) -> str:
        """Return the solution as the end of a sentence: "it is a 7"."""

    def own_answer(self, number: int, said: int) -> QuizAnswer:
        """Return what a player has answered."""
        return QuizAnswer("You", PEOPLE_COLOR, self.choices[said], self.is_right(number, said))

    def people_answers(self, number: int, given: dict[int, int]) -> list[QuizAnswer]:
        """Return the most frequent answer; nothing where several are as frequent, or nobody answered.

        `given` holds how many players gave each answer.
        """
        most = most_frequent(given)
        if len(most) != 1:
            return []
        note = f"{given[most[0]]} of {sum(given.values())} players"
        right = self.is_right(number, most[0])
        return [QuizAnswer("Most frequent answer", PEOPLE_COLOR, self.choices[most[0]], right, note)]

    @abstractmethod
    def machine_answers(self, number: int) -> list[QuizAnswer]:
        """Return what networks answer."""

    @abstractmethod
    def describe(self, number: int) -> str:
        """Return what stands below the solution: which digit it was."""

    @abstractmethod
    def show_scores(self, counts: Sequence[AnswerCount], people: str) -> None:
        """Show the scores of these answers, which `people` gave, beside those of networks."""

    @abstractmethod
    def to_hard_item(self, hard: HardQuestion) -> GalleryItem:
        """Return the picture of a question that many answered wrongly, and how many."""

    def show_hardest(self, counts: Sequence[AnswerCount]) -> None:
        """Show the questions that most players answered wrongly."""
        st.markdown(f"#### {self.HARDEST}")
        board_views.show_hardest(
            [self.to_hard_item(hard) for hard in hardest_questions(counts, kind=self.game.plan.kind)]
        )
