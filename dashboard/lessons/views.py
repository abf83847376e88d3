"""The lessons to choose from: those that come with the dashboard, and the visitor's own."""

import streamlit as st

from core.classroom.lessons import Lesson, LessonError, read_lesson
from dashboard.lessons import sheets
from dashboard.server.session import LessonPosition, get_session
from dashboard.shell import leading, lesson_bar
from dashboard.widgets.file_upload import upload_file
from dashboard.widgets.texts import show_caption

UPLOAD = "lesson upload"  # key


def show_lessons() -> None:
    """Show the lessons that come with the dashboard, and the visitor's own."""
    show_shipped()
    st.subheader("Your own lesson")
    show_own()
    st.subheader("Lead a class")
    show_caption("lessons", "Lead a class")
    leading.show_offer("lessons")


def show_shipped() -> None:
    """Show the lessons that come with the dashboard, each with a button to begin and a download as a template."""
    lessons = lesson_bar.shipped_lessons()
    for place, (name, lesson) in zip(st.columns(max(1, len(lessons))), lessons.items(), strict=False):
        with place.container(border=True, height="stretch"):
            _show_lesson(lesson, name)
            if get_session().following is None:  # it holds the answers
                _offer_file(name)


def _offer_file(name: str) -> None:
    st.download_button(
        "Download as a template",
        (lesson_bar.FOLDER / f"{name}.yaml").read_bytes(),
        f"{name}.yaml",
        "application/yaml",
        key=f"lesson file {name}",
        on_click="ignore",
        type="tertiary",
    )


def show_own() -> None:
    """Show the upload of the visitor's own lesson, and the lesson."""
    lesson = None
    try:
        lesson = upload_file("Lesson as a YAML file (100 kB at most)", key=UPLOAD, read=_read, kinds=["yaml", "yml"])
    except LessonError as error:
        st.warning(str(error))
    show_caption("lessons", "Your own lesson")
    if lesson is not None:
        with st.container(border=True, width=440):
            _show_lesson(lesson, "")


def _read(content: bytes) -> Lesson:
    return read_lesson(content, lesson_bar.find_fault)


def _show_lesson(lesson: Lesson, name: str) -> None:
    st.markdown(f"#### {lesson.title}")
    st.markdown(lesson.about)
    st.caption(f"{len(lesson.steps)} steps" + (f", {lesson.minutes} minutes" if lesson.minutes else ""))
    with st.container(horizontal=True):
        begins = st.button("Begin", key=f"begin {name or 'own'}", type="primary")
        if name:
            st.button("Sheets to print", key=f"lesson sheets {name}", on_click=sheets.open_sheets, args=(name,))
    if begins:
        lesson_bar.open_step(LessonPosition(lesson, 0, name))
