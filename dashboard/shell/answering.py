"""Answering the question of the class that one follows: in words, or with the digit in the page's frame."""

from dataclasses import replace

import streamlit as st

from core.classroom.class_questions import MAX_ANSWER_LENGTH, ClassAnswer, ClassQuestion, player_of
from core.classroom.nicknames import MAX_LENGTH, NicknameError
from core.classroom.room_database import RoomError
from core.visualization import arrays
from dashboard.server import rooms, visitors
from dashboard.server.session import Following, get_session
from dashboard.widgets.current_digit import find_digit
from dashboard.widgets.texts import only_emphasis, read_note

WORDS, NAME, PROBLEM = "class words", "class nickname", "class answer problem"  # keys


def show_question(held: Following, question: ClassQuestion | None) -> None:
    """Show what the class is asked, what this visitor has answered, and while it is open the ways to answer."""
    if question is None:
        return
    _find_earlier(held, question.number)
    st.markdown(f"**Question**: {only_emphasis(question.text)}")
    if question.is_open:
        _show_form(held)
    else:
        st.markdown("The question is closed.")
    _show_answer(held)


def _find_earlier(held: Following, number: int) -> None:
    """Find what this visitor answered before a reload; nothing once they have deleted their data."""
    visitor = visitors.get_visitor_id()
    if visitor is None:
        held.answer = None
    elif held.asked != number:
        held.answer = rooms.board().questions.find_answer(held.code, number, player_of(held.code, visitor))
    held.asked = number


def _show_form(held: Following) -> None:
    about = read_note("shell", "Answer")
    with st.form(f"class answer {held.asked}", border=False):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.text_input("Your answer", max_chars=MAX_ANSWER_LENGTH, key=f"{WORDS} {held.asked}", width=360)
            st.text_input("Nickname", max_chars=MAX_LENGTH, key=NAME, width=160, placeholder="drawn", help=about)
            st.form_submit_button("Send" if held.answer is None else "Change", on_click=_send_words, args=(held,))
            if find_digit() is not None:
                st.form_submit_button("Send my digit", on_click=_send_digit, args=(held,))


def _show_answer(held: Following) -> None:
    if problem := st.session_state.pop(PROBLEM, ""):
        st.warning(problem)
    if held.answer is not None:
        visitors.store_visitor_id()  # else a reload could not change the answer
        said = "your digit" if held.answer.digit else only_emphasis(held.answer.words)
        st.markdown(f"You answered as {held.answer.name}: {said}")


def _digit() -> bytes:
    """Return the digit in the page's frame as it is now, without what is erased; nothing if there is none."""
    found = find_digit()
    if found is None:
        return b""
    return arrays.to_gray(found[0] * get_session().scene.mask).tobytes()


def _send_words(held: Following) -> None:
    _send(held, ClassAnswer(str(st.session_state.get(f"{WORDS} {held.asked}") or "")))


def _send_digit(held: Following) -> None:
    _send(held, ClassAnswer(digit=_digit()))


def _send(held: Following, answer: ClassAnswer) -> None:
    """Store the answer under the visitor's number and nickname; what cannot be stored is said below the form."""
    board, player = rooms.board(), player_of(held.code, visitors.ensure_visitor_id())
    try:
        name = board.players.join(held.code, player)
        if chosen := str(st.session_state.get(NAME) or "").strip():
            name = board.players.rename(held.code, player, chosen)
        board.questions.answer(held.code, held.asked, player, answer)
        held.answer = replace(answer, name=name)
    except (RoomError, NicknameError) as error:
        st.session_state[PROBLEM] = str(error)
