"""Lessons on the pages: which there are, the bar with one step of the chosen one, and how its steps open."""

import time
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

import streamlit as st

import dashboard
from core.classroom.lessons import Lesson, read_lesson
from core.classroom.room_database import RoomError
from dashboard.address import get_address
from dashboard.address.former_names import present_text
from dashboard.address.links import LESSON_PARTS
from dashboard.server import rooms, visitors
from dashboard.server.scene import SCENE_PARTS, read_scene
from dashboard.server.session import LessonPosition, get_session
from dashboard.shell.search import find_views
from dashboard.widgets.texts import read_note, show_problems

FOLDER = Path(__file__).parents[1] / "lessons"
SHIPPED = ("what-is-missing", "from-one-window-to-lenet", "fool-the-network")
POLL = 15.0  # seconds between two looks at the clock
PROBLEM = "lesson problem"  # key of a sentence that is shown once
STYLE = """<style>
.st-key-lesson-bar { padding: .55rem .9rem; }
.st-key-lesson-bar, .st-key-lesson-bar [data-testid="stVerticalBlock"] { gap: .3rem; }
.st-key-lesson-bar [data-testid="stMarkdownContainer"] { margin-bottom: 0; }
.st-key-lesson-bar p { margin-bottom: .2rem; font-size: .95rem; line-height: 1.4; }
.st-key-lesson-bar button { min-height: 1.9rem; padding: 0 .55rem; }
@media (max-width: 1000px) and (min-width: 641px) { .st-key-lesson-bar button { padding: 0 .2rem; } } /* one row */
</style>"""  # slim: the page below it is the main thing


@cache
def shipped_lessons() -> dict[str, Lesson]:
    """Return the lessons that come with the dashboard, by their names in an address; a test checks their steps."""
    return {name: read_lesson((FOLDER / f"{name}.yaml").read_bytes()) for name in SHIPPED}


def find_fault(page: str, parts: Mapping[str, str]) -> str:
    """Return a sentence about a step whose page, view or scene does not exist, for the author; "" if all is well.

    Whether its other parts exist is known when the step opens: the page says then which are not.
    """
    if page not in dashboard.PAGES:
        return f"there is no page of that name; there are {', '.join(dashboard.PAGES)}."
    titles = find_views(page)
    if present_text(page, "view", parts.get("view", titles[0])) not in titles:
        return f"the page {page!r} has no such view; it has {', '.join(titles)}."
    _, problems = read_scene({name: text for name, text in parts.items() if name in SCENE_PARTS[:-1]}, ())
    return problems[0] if problems else ""


def to_params(position: LessonPosition) -> dict[str, str]:
    """Return the address of a step, on its page."""
    named = {"lesson": position.name, "step": str(position.step + 1)} if position.name else {}
    return {**position.lesson.steps[position.step].state, **named}


def open_step(position: LessonPosition) -> NoReturn:
    """Go to a step's page, exactly as it was prepared."""
    get_session().lesson_position, get_address().fresh = position, True
    st.switch_page(dashboard.file_of(position.lesson.steps[position.step].page), query_params=to_params(position))


def open_linked() -> None:
    """Take up the lesson that a link names; one that says nothing else opens that step as it was prepared."""
    session, params = get_session(), st.query_params.to_dict()
    name, number = params.get("lesson", ""), params.get("step", "1")
    position = session.lesson_position
    if not name or (position is not None and (name, number) == (position.name, str(position.step + 1))):
        return
    lesson = shipped_lessons().get(name)
    if lesson is None:
        get_address().problems.append("There is no lesson of the name that is in this address.")
        return
    if number not in map(str, range(1, len(lesson.steps) + 1)):
        get_address().problems.append(
            f"The part 'step' of this address cannot be read: the lesson has {len(lesson.steps)}."
        )
        session.lesson_position = LessonPosition(lesson, 0, name)
        return
    session.lesson_position = position = _take_up(lesson, int(number) - 1, name)
    if {*params} <= {*LESSON_PARTS}:
        open_step(position)


def _take_up(lesson: Lesson, step: int, name: str) -> LessonPosition:
    """Return the position at a step; of a lesson that is new here, the step begins now: no link says when it began."""
    held = get_session().lesson_position
    if held is not None and held.name == name:
        return replace(held, step=step, answer_shown=False)
    return LessonPosition(lesson, step, name, began=time.monotonic() - 60 * lesson.begin_of(step))


def show_bar() -> None:
    """Show the step that people are at, and the way to the others."""
    position, address = get_session().lesson_position, get_address()
    address.lesson = {}
    if position is None:
        return
    if position.name and position.lesson.steps[position.step].page == address.page:
        address.lesson = {"lesson": position.name, "step": str(position.step + 1)}
    step, count = position.lesson.steps[position.step], len(position.lesson.steps)
    st.html(STYLE)
    show_problems([problem] if (problem := st.session_state.pop(PROBLEM, "")) else [])
    with st.container(key="lesson-bar", border=True):
        way, text, question = st.columns([7, 13, 10], gap="medium")
        with way:
            took = f" · {step.minutes} min" if step.minutes else ""
            st.markdown(f"**{position.lesson.title}** · {position.step + 1} of {count}{took}")
            if get_session().leading is not None and step.minutes:
                st.fragment(_show_minute, run_every=POLL)(position)
            move = _choose_move(position, count)
        text.markdown(step.text)
        with question:
            st.markdown(step.question)
            if step.answer:
                _show_answer(position, step.answer)
    if move is not None:
        open_step(replace(position, step=position.step + move, answer_shown=False))


def _show_minute(position: LessonPosition) -> None:
    """Show whoever leads a class at which minute of the lesson they are, and where the timetable is."""
    lesson, step = position.lesson, position.step
    now = int((time.monotonic() - position.began) / 60)
    planned = f"{lesson.begin_of(step)} to {lesson.begin_of(step + 1)}"
    st.markdown(f"Now at minute {now} of {lesson.minutes}; this step is planned for {planned}.")


def _show_answer(position: LessonPosition, answer: str) -> None:
    """Show the answer once it is wanted; those who follow a class get it when their teacher releases it."""
    session = get_session()
    if session.following is not None:
        released = (position.name, position.step) in session.following.released
        st.markdown(answer if released else read_note("shell", "Answer to come"))
        return
    if position.answer_shown:
        st.markdown(answer)
    in_class = session.leading is not None and position.name
    if position.answer_shown:
        label = "Hide the answer here" if in_class else "Hide the answer"
    else:
        label = "Show the answer to all" if in_class else "Show the answer"
    st.button(label, key="lesson answer", on_click=_turn_answer, args=(position,))


def _turn_answer(position: LessonPosition) -> None:
    """Show or hide the answer; whoever leads a class shows it to all."""
    session = get_session()
    try:
        if session.leading is not None and position.name and not position.answer_shown:
            code, openers = session.leading.code, visitors.get_openers()
            rooms.board().led.release(code, position.name, position.step, *openers)
        session.lesson_position = replace(position, answer_shown=not position.answer_shown)
    except RoomError as error:
        st.session_state[PROBLEM] = str(error)


def _choose_move(position: LessonPosition, count: int) -> int | None:
    """Draw the buttons of a lesson; return the number of the step to open, None if none is pressed."""
    with st.container(horizontal=True, gap="xsmall"):
        back = _button("Previous step", "back", "chevron_left", disabled=position.step == 0)
        again = _button("Restart this step", "again", "replay")
        on = st.button("Next", key="lesson next", type="primary", disabled=position.step == count - 1)
        _button("Close the lesson", "close", "close", type="tertiary", on_click=_close)
    return -1 if back else 0 if again else 1 if on else None


def _button(label: str, key: str, icon: str, **more: Any) -> bool:
    """Draw a button that shows its icon, and its label on hover."""
    return st.button(label, key=f"lesson {key}", icon=f":material/{icon}:", help=label, **more)


def _close() -> None:
    get_session().lesson_position = None
