"""The view "Sheets": one lesson on paper, for the class without answers, for the teacher with answers and timetable."""

import streamlit as st

import dashboard
from core.classroom.lessons import Lesson, Step
from dashboard import address
from dashboard.address.links import FOLLOW
from dashboard.server.session import get_session
from dashboard.shell import lesson_bar, share
from dashboard.widgets.texts import show_caption

OWN = "own"  # the lesson that the visitor has uploaded and begun
CLASS, TEACHER = "The class", "The teacher"
VIEW, LESSON = "lessons view", "lessons sheet"  # keys
PRINT = """<button class="ns-print">Print</button><script>
document.querySelectorAll(".ns-print").forEach((button) => { button.onclick = () => print(); });
</script>"""


def open_sheets(name: str) -> None:
    """Open the sheets of a lesson."""
    address.change(VIEW, "Sheets")
    address.change(LESSON, name)


def show_sheets() -> None:
    """Show the sheet of one lesson as it will be printed, below the choice of the lesson and of the reader."""
    lessons = _find_lessons()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = address.selectbox(
            "sheet", "Lesson", list(lessons), key=LESSON, format_func=lambda one: lessons[one].title, width=340
        )
        for_teacher = _choose_reader() == TEACHER
        st.html(PRINT, unsafe_allow_javascript=True, width="content")
    with st.container(key="lesson-sheet"):
        _show_sheet(lessons[name], for_teacher)


def _find_lessons() -> dict[str, Lesson]:
    position = get_session().lesson_position
    own = {OWN: position.lesson} if position is not None and not position.name else {}
    return lesson_bar.shipped_lessons() | own


def _choose_reader() -> str:
    """Return for whom the sheet is; it is in no address, since those who follow a teacher see no answers."""
    if get_session().following is not None:
        return CLASS
    return st.segmented_control("For", [CLASS, TEACHER], default=CLASS, required=True, key="lessons sheet for")


def _show_sheet(lesson: Lesson, for_teacher: bool) -> None:
    st.markdown(f"## {lesson.title}")
    st.markdown(lesson.about)
    if for_teacher:
        _show_code()
        if lesson.minutes:
            st.markdown(write_timetable(lesson))
    for number, step in enumerate(lesson.steps):
        with st.container(key=f"sheet-step-{number}"):
            _show_step(number, step, for_teacher)


def _show_code() -> None:
    """Show the code by which phones join the class, if the visitor leads one."""
    leading = get_session().leading
    if leading is None:
        show_caption("lessons", "No code")
    else:
        share.show_code(leading.code, FOLLOW, width="160px")


def write_timetable(lesson: Lesson) -> str:
    """Return the table of when each step begins and ends, as Markdown."""
    rows = [
        f"| {lesson.begin_of(number)}–{lesson.begin_of(number + 1)} | {number + 1} | {title_of(step)} |"
        for number, step in enumerate(lesson.steps)
    ]
    return "\n".join([f"| Minute of {lesson.minutes} | Step | Page |", "|---|---|---|", *rows])


def title_of(step: Step) -> str:
    """Return the title of a step's page, and of its view if the step names one."""
    view = step.state.get("view", "")
    return dashboard.PAGES[step.page].title + (f" › {view}" if view else "")


def _show_step(number: int, step: Step, for_teacher: bool) -> None:
    took = f" ({step.minutes} min)" if step.minutes else ""
    st.markdown(f"#### {number + 1}. {title_of(step)}{took}")
    st.markdown(step.text)
    if step.question:
        st.markdown(f"**Question**: {step.question}")
    if for_teacher and step.answer:
        st.markdown(f"**Answer**: {step.answer}")
    elif step.question:
        st.html('<div class="ns-lines"></div>')
