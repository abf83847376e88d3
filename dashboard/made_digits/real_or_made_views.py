"""The view "Real or made?": ten digits to guess, one after the other; only the visitor's session stores them."""

import random
from dataclasses import dataclass, field

import streamlit as st

from core.digits.datasets import Dataset
from core.generation.generator_checkpoint import TrainedGenerator
from core.generation.real_or_made import RealOrMadeDigit, discriminator_verdicts, draw_round
from core.visualization import arrays
from core.visualization.gallery import GalleryItem, draw_gallery
from core.visualization.signed_colors import NEGATIVE, POSITIVE
from dashboard.made_digits import generators
from dashboard.server.caches import Zoo
from dashboard.server.session import Session
from dashboard.widgets.data_set import with_digits
from dashboard.widgets.pictures import show_picture
from dashboard.widgets.texts import read_note, show_caption

QUIZ = "made quiz"
LARGE = 10  # screen pixels for one of the digit


@dataclass
class Quiz:
    """One visitor's round, and the scores of the rounds before."""

    seed: int = field(default_factory=lambda: random.randrange(2**31))
    answers: list[bool] = field(default_factory=list)
    """Whether the visitor takes the digit for made, for each so far."""
    rounds: list[int] = field(default_factory=list)
    """The number of right answers in each round before."""


def show_quiz(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show a round of the quiz."""
    made = generators.load_or_warn(None)
    if made is not None:
        st.fragment(_show_round)(made, with_digits(data))


def _show_round(made: TrainedGenerator, data: Dataset) -> None:
    quiz: Quiz = st.session_state.setdefault(QUIZ, Quiz())
    questions = draw_round(made, data.test, seed=quiz.seed)
    if len(quiz.answers) < len(questions):
        _show_question(quiz, questions, data)
    else:
        _show_end(quiz, questions, made, data)


def _show_question(quiz: Quiz, questions: list[RealOrMadeDigit], data: Dataset) -> None:
    number = len(quiz.answers)
    picture, buttons = st.columns([300, 740], gap="medium")
    with picture:
        digit = questions[number].image[0].numpy()
        show_picture(arrays.to_gray(digit), f"Digit {number + 1}", width=28 * LARGE)
    with buttons:
        st.markdown(f"#### Digit {number + 1} of {len(questions)}: did a person write it?")
        with st.container(horizontal=True):
            st.button("A person wrote it", on_click=_answer, args=(quiz, False), key="quiz real")
            st.button("The generator made it", on_click=_answer, args=(quiz, True), key="quiz made")
        if number:
            last = questions[number - 1]
            right = quiz.answers[-1] == last.made
            st.markdown(
                f"{'**Right**' if right else '**Wrong**'}: the last one was {_describe(last, data)}. "
                f"So far {_score(quiz, questions)} of {number}."
            )
        st.caption(
            f"Real digits are test digits of {data.title}. Chance decides each time, so there may be more of one kind."
            f"{_warn_of_clue(data)}"
        )


def _warn_of_clue(data: Dataset) -> str:
    if data.name == "MNIST":
        return ""
    return " " + read_note("made_digits", "A clue")


def _answer(quiz: Quiz, made: bool) -> None:
    quiz.answers.append(made)


def _score(quiz: Quiz, questions: list[RealOrMadeDigit]) -> int:
    return sum(answer == question.made for answer, question in zip(quiz.answers, questions, strict=False))


def _describe(question: RealOrMadeDigit, data: Dataset) -> str:
    if question.made:
        return f"a made {question.label}"
    return f"a real {question.label}, test digit {question.number} of {data.title}"


def _show_end(quiz: Quiz, questions: list[RealOrMadeDigit], made: TrainedGenerator, data: Dataset) -> None:
    verdicts = discriminator_verdicts(made, questions)
    score, machine = _score(quiz, questions), sum(v == q.made for v, q in zip(verdicts, questions, strict=True))
    st.markdown(f"#### You: {score} of {len(questions)} correct; the discriminator: {machine}")
    if quiz.rounds:
        st.markdown(f"Your earlier rounds: {', '.join(map(str, quiz.rounds))}.")
    items = []
    for question, answer in zip(questions, quiz.answers, strict=True):
        color, verdict = (POSITIVE, "right") if answer == question.made else (NEGATIVE, "wrong")
        below = f'<b style="font-size:.85rem;color:rgb{color}">you: {"made" if answer else "real"}, {verdict}</b>'
        items.append(GalleryItem(arrays.to_gray(question.image[0].numpy()), _describe(question, data), below))
    st.html(draw_gallery(items, min_width=106, css_class="ns-quiz"))
    st.button("Another round", on_click=_start_next, args=(quiz, score), key="quiz again", type="primary")
    show_caption("made_digits", "Result of the quiz")


def _start_next(quiz: Quiz, score: int) -> None:
    st.session_state[QUIZ] = Quiz(rounds=[*quiz.rounds, score])
