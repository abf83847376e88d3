"""The game "fool the network": how little noise is enough so that the network misreads a digit?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from core.classroom.paced_games import PacedGame
from core.classroom.quiz_scores import AnswerCount, HardQuestion
from core.classroom.room_board import Room
from core.classroom.room_database import RoomError
from core.classroom.smallest_noise import STRENGTHS, NoiseQuestion
from core.visualization import arrays
from core.visualization.arrays import Picture
from core.visualization.classroom import PEOPLE_COLOR, QuizAnswer
from core.visualization.gallery import GalleryItem, draw_gallery
from core.visualization.network_colors import color_of
from dashboard.quiz import cached, question_views
from dashboard.quiz.content import Content
from dashboard.server import caches
from dashboard.server.caches import Zoo
from dashboard.widgets.pictures import show_picture

NETWORK = "standard"  # the one that is fooled


@dataclass(frozen=True, eq=False)
class Fool(Content):
    """Test digits with noise, made for one network; an answer is the strength of the noise, in percent."""

    PROMPT = "how little noise fools the network?"
    DONE = "fooled the network"
    VERDICTS = ("Not fooled", "Fooled")
    SCORE = "You fooled the network {right} of {asked} times"
    TOTAL = "{right} of {answers} answers fooled the network"
    HARDEST = "The digits that need more noise than players thought"
    RANKS_EACH = True

    title: str
    """Of the network."""
    questions: list[NoiseQuestion]

    @property
    def choices(self) -> Sequence[str]:
        return [str(strength) for strength in STRENGTHS]

    @property
    def asked(self) -> Sequence[NoiseQuestion]:
        return self.questions

    def show_choices(self, number: int, answer: Callable[[int], None]) -> None:
        key = self._key(number)
        st.slider("Strength of the noise, in percent", STRENGTHS[0], STRENGTHS[-1], key=key)
        st.button(
            "Hand in",
            on_click=lambda: answer(st.session_state[key]),  # where the slider is then, not when it was drawn
            disabled=not st.session_state[key],
            key=f"quiz hand in at {self.place_of(number)}",
            type="primary",
        )
        st.caption("The least noise that fools the network wins. Too little noise does not count.")

    def _key(self, number: int) -> str:
        """Return the key of the slider for this question."""
        return f"quiz noise at {self.place_of(number)}"

    def show_picture(self, number: int, *, solved: bool) -> None:
        """Show the digit with the noise of the slider, which only players have, or with just enough of it."""
        strength = self.asked[number].label if solved else st.session_state.get(self._key(number), 0)
        picture = arrays.enlarge(self._draw(number, strength), question_views.LARGE)
        show_picture(picture, f"Digit {number + 1} with {strength} % noise", width=28 * question_views.LARGE)

    def _draw(self, number: int, strength: int) -> Picture:
        return arrays.to_gray(self.asked[number].with_noise(strength).numpy())

    def solution(self, number: int) -> str:
        return f"{self.asked[number].label} % noise is enough"

    def _read(self, question: NoiseQuestion, strength: int) -> str:
        return self.data.classes[question.read[strength]]

    def _answer_at(self, number: int, strength: int, title: str, color: str) -> QuizAnswer:
        """Return what the network reads with noise of this strength."""
        question = self.asked[number]
        reads_right = question.read[strength] == question.read[0]
        return QuizAnswer(title, color, self._read(question, strength), reads_right, f"with {strength} % noise")

    def own_answer(self, number: int, said: int) -> QuizAnswer:
        return self._answer_at(number, said, "Your noise", PEOPLE_COLOR)

    def people_answers(self, number: int, given: dict[int, int]) -> list[QuizAnswer]:
        fooling = [said for said in given if self.is_right(number, said)]
        return [self._answer_at(number, said, "The least noise", PEOPLE_COLOR) for said in sorted(fooling)[:1]]

    def machine_answers(self, number: int) -> list[QuizAnswer]:
        enough = self.asked[number].label
        return [
            self._answer_at(number, one, self.title, color_of(NETWORK)) for one in (0, enough - 1, enough) if one >= 0
        ]

    def describe(self, number: int) -> str:
        question = self.asked[number]
        return f"A {self._read(question, 0)}, test digit {question.digit} of {self.data.title}, with noise of FGSM"

    def show_scores(self, counts: Sequence[AnswerCount], people: str) -> None:
        items = [
            GalleryItem(self._draw(number, self.asked[number].label), self._sum_up(number, counts))
            for number in range(self.game.position.number + 1)
        ]
        st.html(draw_gallery(items, min_width=130, css_class="ns-fooling"))

    def _sum_up(self, number: int, counts: Sequence[AnswerCount]) -> str:
        fooling = [one.said for one in counts if one.number == number and self.is_right(number, one.said)]
        handed_in = f"least handed in: {min(fooling)} %" if fooling else "not fooled"
        return f"Enough noise: {self.asked[number].label} %; {handed_in}"

    def to_hard_item(self, hard: HardQuestion) -> GalleryItem:
        caption = f"{hard.wrong} of {hard.people} players handed in too little: {hard.label} % is enough"
        return GalleryItem(self._draw(hard.number, hard.label), caption)


def open_round(room: Room, game: PacedGame, zoo: Zoo) -> Fool:
    """Return the round that the room plays. Raises RoomError, DatasetError."""
    data, seed = caches.dataset(room.data), room.seed + game.position.round
    try:
        questions = cached.draw_noise_round(NETWORK, data.name, seed, game.plan.questions)
    except ValueError as error:  # a network that cannot be loaded, or one that cannot be fooled
        raise RoomError(str(error)) from None
    return Fool(room, game, data, zoo[NETWORK].title, questions)
