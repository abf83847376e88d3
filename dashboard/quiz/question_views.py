"""A question of the quiz: the partial digit, and ten buttons to answer."""

from collections.abc import Callable, Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.classroom.quiz import Question
from core.digits.datasets import Dataset
from core.pmnist.masks import CUT_NAMES
from core.visualization import arrays
from dashboard.quiz import score_table
from dashboard.widgets.data_set import sample
from dashboard.widgets.pictures import show_picture

LARGE = 11  # screen pixels for one of the digit
IN_A_ROW = 5  # buttons
STYLE = """<style>
.st-key-quiz-keypad { max-width: 31rem; }
.st-key-quiz-keypad button { height: 4.3rem; }
.st-key-quiz-keypad [data-testid="stButton"] p { font-size: 2rem; font-weight: 700; }
.st-key-quiz-keypad kbd { display: none; }
@media (max-width: 640px) {
  .st-key-quiz-picture img { width: 200px !important; }
  .st-key-quiz-keypad button { height: 3.8rem; }
  [class*="st-key-quiz-next"] kbd { display: none; }
}
</style>"""


def columns() -> tuple[DeltaGenerator, DeltaGenerator]:
    """Return the place of the picture and that of what stands beside it."""
    picture, answers = st.columns([28 * LARGE + 20, 720], gap="medium")
    return picture.container(key="quiz-picture"), answers


def show_picture_of(data: Dataset, number: int, question: Question, *, hole: bool, whole: bool) -> None:
    """Show the partial digit, its hole marked or black like the background; `whole`: the whole digit."""
    digit, mask = sample(data, question.digit), question.mask.numpy()
    if whole:
        picture = arrays.enlarge(score_table.draw_solution(data, question), LARGE)
    elif hole:
        picture = arrays.mark_erased(digit, mask, LARGE)
    else:
        picture = arrays.enlarge(arrays.to_gray(digit * mask), LARGE)
    shown = "the whole digit" if whole else "a digit with a part erased"
    show_picture(picture, f"Digit {number + 1}: {shown}", width=28 * LARGE)


def describe_cut(question: Question, data: str) -> str:
    """Return which part of a digit of this data set was missing."""
    cut = question.cut
    return f"{cut}, {CUT_NAMES[cut]} erased (orange); test digit {question.digit} of {data}"


def show_keypad(choices: Sequence[str], place: str, answer: Callable[[int], None]) -> None:
    """Show a button for each answer, five in a row; the key of its number presses it, too.

    `place` names the question: a click that arrives late does not answer the next one.
    """
    with st.container(key="quiz-keypad", gap="small"):
        for first in range(0, len(choices), IN_A_ROW):
            with st.container(horizontal=True, gap="small"):
                for label in range(len(choices))[first : first + IN_A_ROW]:
                    st.button(
                        choices[label],
                        on_click=answer,
                        args=(label,),
                        key=f"quiz {label} at {place}",
                        shortcut=str(label),
                        width="stretch",
                    )
