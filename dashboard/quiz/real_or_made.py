"""The game "real or made": did a person write this digit, or did the generator make it?"""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from core.classroom.paced_games import PacedGame
from core.classroom.quiz import AskedQuestion
from core.classroom.quiz_scores import ALL_CUTS, AnswerCount, HardQuestion, score_answers
from core.classroom.room_board import Room
from core.classroom.room_database import RoomError
from core.generation.real_or_made import RealOrMadeDigit
from core.system.checkpoint_files import CheckpointError
from core.visualization import arrays
from core.visualization.arrays import Picture
from core.visualization.classroom import PEOPLE_COLOR, QuizAnswer, ScoreRow, draw_scores
from core.visualization.gallery import GalleryItem
from core.visualization.palette import PURPLE
from dashboard.quiz import cached, question_views, score_table
from dashboard.quiz.cached import JudgedRound
from dashboard.quiz.content import Content
from dashboard.server import caches
from dashboard.server.caches import Zoo
from dashboard.widgets.pictures import show_picture
from dashboard.widgets.texts import read_note

CHOICES = ("real", "made")
SOLUTIONS = ("a person wrote it", "the generator made it")
TITLE, NOTE = "Discriminator", "also knows which digit it is"


@dataclass(frozen=True, eq=False)
class RealOrMade(Content):
    """Real test digits and made ones, with the discriminator's verdicts."""

    PROMPT = "real or made?"
    DONE = "answered correctly"
    SCORE = "You recognised {right} of {asked}"
    HARDEST = "The digits that fooled most players"

    judged: JudgedRound

    @property
    def choices(self) -> Sequence[str]:
        return CHOICES

    @property
    def asked(self) -> Sequence[AskedQuestion]:
        return [AskedQuestion(one.number, "", int(one.made)) for one in self.judged.digits]

    def show_picture(self, number: int, *, solved: bool) -> None:
        picture = arrays.enlarge(_to_picture(self.judged.digits[number]), question_views.LARGE)
        shown = self.describe(number) if solved else "real or made"
        show_picture(picture, f"Digit {number + 1}: {shown}", width=28 * question_views.LARGE)

    def solution(self, number: int) -> str:
        return SOLUTIONS[self.judged.digits[number].made]

    def machine_answers(self, number: int) -> list[QuizAnswer]:
        made, said = self.judged.digits[number].made, self.judged.verdicts[number]
        return [QuizAnswer(TITLE, PURPLE, CHOICES[said], said == made, NOTE)]

    def describe(self, number: int) -> str:
        digit = self.judged.digits[number]
        if digit.made:
            return f"A made {digit.label}"
        return f"A real {digit.label}, test digit {digit.number} of {self.data.title}"

    def show_scores(self, counts: Sequence[AnswerCount], people: str) -> None:
        verdicts = {(one.round, one.number): int(self.judged.verdicts[one.number]) for one in counts}
        bars = score_table.to_bars
        rows = [
            ScoreRow(people, "", PEOPLE_COLOR, bars(score_answers(counts), {}, intervals=True)),
            ScoreRow(TITLE, NOTE, PURPLE, bars(score_answers(counts, verdicts), {}, intervals=False)),
        ]
        st.html(draw_scores(rows, {ALL_CUTS: "all digits"}))
        clue = "" if self.data.name == "MNIST" else read_note("made_digits", "A clue")
        st.caption(f"{read_note('quiz', 'Interval')} {clue}")

    def to_hard_item(self, hard: HardQuestion) -> GalleryItem:
        digit = self.judged.digits[hard.number]
        caption = f"{self.describe(hard.number)}: {hard.wrong} of {hard.people} players said {CHOICES[not digit.made]}"
        return GalleryItem(_to_picture(digit), caption)


def _to_picture(digit: RealOrMadeDigit) -> Picture:
    return arrays.to_gray(digit.image[0].numpy())


def open_round(room: Room, game: PacedGame, zoo: Zoo) -> RealOrMade:
    """Return the round that the room plays. Raises RoomError, DatasetError."""
    data = caches.dataset(room.data)
    try:
        judged = cached.judge_round(data.name, room.seed + game.position.round, game.plan.questions)
    except CheckpointError as error:
        raise RoomError(str(error)) from None
    return RealOrMade(room, game, data, judged)
