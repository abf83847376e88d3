"""Asking the class: the teacher sends a question to all who follow, and sees the answers as they come in."""

from collections.abc import Callable
from html import escape

import numpy as np
import streamlit as st

from core.classroom.class_questions import ClassAnswer, ClassQuestion, ClassQuestions
from core.classroom.room_database import RoomError
from core.pmnist.masks import SIDE
from core.visualization import arrays
from dashboard.server import rooms, visitors
from dashboard.server.session import Leading, get_session
from dashboard.widgets.texts import only_emphasis

MAX_OWN = 200  # characters of a question that the teacher types
OPEN, OWN, PROBLEM = "class ask", "class ask own", "class ask problem"  # keys


@st.fragment
def show_offer(leading: Leading) -> None:
    """Draw the button that opens the questions to send."""
    place = st.popover("Ask", key=OPEN, on_change="rerun", icon=":material/contact_support:")
    if place.open:
        with place:
            _show_form(leading)


def _show_form(leading: Leading) -> None:
    """Offer the question of the lesson's step, if there is one, and a line for another one."""
    position = get_session().lesson_position
    if position is not None and (asked := position.lesson.steps[position.step].question):
        st.markdown(asked)
        st.button("Send this question", key="class ask lesson", type="primary", on_click=_send, args=(leading, asked))
    with st.form("class ask form", border=False, clear_on_submit=True):
        st.text_input("Your own question", max_chars=MAX_OWN, key=OWN)
        st.form_submit_button("Send", on_click=_send_own, args=(leading,))
    _show_problem()


def _send_own(leading: Leading) -> None:
    _send(leading, str(st.session_state.get(OWN) or ""))


def _send(leading: Leading, text: str) -> None:
    try:
        rooms.board().questions.ask(leading.code, text, *visitors.get_openers())
        st.session_state[OPEN], leading.answers_shown = False, True
    except RoomError as error:
        st.session_state[PROBLEM] = str(error)


def show_question(leading: Leading) -> None:
    """Show the question that was sent, if any, how many of the phones have answered, and what."""
    _show_problem()
    try:
        board = rooms.board()
        room = board.led.read(leading.code)
        if room is None or room.question is None:
            return
        here = board.led.count(leading.code)
        given = board.questions.answers(leading.code, *visitors.get_openers())
    except RoomError:  # the bar says so already
        return
    _show_state(leading, board.questions, room.question, f"{len(given)} of {max(here.total, len(given))}")
    if given and leading.answers_shown:
        st.html(draw_answers(given, named=leading.names_of == room.question.number))


def _show_state(leading: Leading, questions: ClassQuestions, question: ClassQuestion, many: str) -> None:
    st.markdown(f"**Question**: {only_emphasis(question.text)}")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{many}** answered.{'' if question.is_open else ' The question is closed.'}")
        _show_buttons(leading, questions, question)


def _show_problem() -> None:
    if problem := st.session_state.pop(PROBLEM, ""):
        st.warning(problem)


def _show_buttons(leading: Leading, questions: ClassQuestions, question: ClassQuestion) -> None:
    shown, named = leading.answers_shown, leading.names_of == question.number
    if question.is_open:
        st.button(
            "Close the question", key="class close", type="primary", on_click=_change, args=(leading, questions.close)
        )
    st.button(
        "Hide the answers" if shown else "Show the answers",
        key="class answers",
        on_click=setattr,
        args=(leading, "answers_shown", not shown),
    )
    if shown:
        label = "Hide the names" if named else "Show the names"
        st.button(
            label, key="class names", on_click=setattr, args=(leading, "names_of", 0 if named else question.number)
        )
    st.button("Delete the question", key="class question delete", on_click=_change, args=(leading, questions.remove))


def _change(leading: Leading, change: Callable[..., None]) -> None:
    try:
        change(leading.code, *visitors.get_openers())
    except RoomError as error:
        st.session_state[PROBLEM] = str(error)


def draw_answers(given: list[ClassAnswer], *, named: bool) -> str:
    """Return the answers as HTML, words and digits, with the nicknames below them if they are `named`."""
    return f'<div class="ns-answers">{"".join(_draw(one, named) for one in given)}</div>'


def _draw(answer: ClassAnswer, named: bool) -> str:
    name = f"<figcaption>{escape(answer.name)}</figcaption>" if named else ""
    return f"<figure>{draw_digit(answer.digit) or escape(answer.words)}{name}</figure>"


def draw_digit(digit: bytes) -> str:
    """Return a digit that was sent as HTML; "" for none."""
    if not digit:
        return ""
    picture = arrays.to_data_url(np.frombuffer(digit, np.uint8).reshape(SIDE, SIDE))
    return f'<img src="{picture}" alt="A digit">'
