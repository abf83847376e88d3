"""The game of partial digits: which digit was it?"""

from collections.abc import Sequence
from dataclasses import dataclass

from core.classroom.paced_games import PacedGame
from core.classroom.quiz import Question
from core.classroom.quiz_scores import AnswerCount, HardQuestion
from core.classroom.room_board import Room
from core.visualization.classroom import QuizAnswer
from core.visualization.gallery import GalleryItem
from core.visualization.network_colors import color_of
from dashboard.quiz import board_views, cached, question_views, score_table
from dashboard.quiz.cached import AnsweredRound
from dashboard.quiz.content import Content
from dashboard.server import caches
from dashboard.server.caches import Zoo


@dataclass(frozen=True, eq=False)
class PartialDigits(Content):
    """Test digits, part of each erased, with the networks' answers."""

    PROMPT = "what was it?"
    DONE = "read it correctly"
    SCORE = "You read {right} of {asked}"
    HARDEST = "The digits that most players misread"

    zoo: Zoo
    answered: AnsweredRound

    @property
    def choices(self) -> Sequence[str]:
        return self.data.classes

    @property
    def asked(self) -> Sequence[Question]:
        return self.answered.questions

    def show_picture(self, number: int, *, solved: bool) -> None:
        question_views.show_picture_of(self.data, number, self.asked[number], hole=self.room.told, whole=solved)

    def solution(self, number: int) -> str:
        return f"it is a {self.choices[self.asked[number].label]}"

    def machine_answers(self, number: int) -> list[QuizAnswer]:
        label = self.asked[number].label
        read = {name: answers[number] for name, answers in self.answered.answers.items()}
        return [
            QuizAnswer(self.zoo[name].title, color_of(name), self.choices[one], one == label)
            for name, one in read.items()
        ]

    def describe(self, number: int) -> str:
        return question_views.describe_cut(self.asked[number], self.data.title)

    def show_scores(self, counts: Sequence[AnswerCount], people: str) -> None:
        played = {self.game.position.round: self.answered}
        networks = {name: board_views.answers_of(name, played) for name in self.answered.answers}
        board_views.show_scores(self.room, counts, networks, self.zoo, self.data, self.game.plan.cuts, people)

    def to_hard_item(self, hard: HardQuestion) -> GalleryItem:
        return board_views.to_hard_item(hard, self.asked[hard.number], self.data)


def open_round(room: Room, game: PacedGame, zoo: Zoo) -> PartialDigits:
    """Return the round that the room plays. Raises DatasetError."""
    data, plan, seed = caches.dataset(room.data), game.plan, room.seed + game.position.round
    names = score_table.players_or_warn(data, zoo)
    answered = cached.answer_round(names, data.name, seed, plan.cuts, plan.questions)
    return PartialDigits(room, game, data, zoo, answered)
