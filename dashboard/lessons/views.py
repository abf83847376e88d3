"""The lessons to choose from: those that come with the dashboard, and the visitor's own."""

import streamlit as st

from core.classroom.lessons import Lesson, LessonError, read_lesson
from dashboard.server.session import LessonPosition, get_session
from dashboard.server.uploads import FILE_MEGABYTES
from dashboard.shell import lesson_bar

READ = "lesson read"  # key of the id of the uploaded file that was read last, and what was wrong with it


def show_lessons() -> None:
    """Show the lessons that come with the dashboard, and the visitor's own."""
    show_shipped()
    st.subheader("Your own lesson")
    show_own()


def show_shipped() -> None:
    """Show the lessons that come with the dashboard, each with a button to begin and a download as a template."""
    lessons = lesson_bar.shipped_lessons()
    for place, (name, lesson) in zip(st.columns(max(1, len(lessons))), lessons.items(), strict=False):
        with place.container(border=True, height="stretch"):
            _show_lesson(lesson, name)
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
    """Show the upload of the visitor's own lesson, which the session keeps, and the lesson."""
    session = get_session()
    file = st.file_uploader(
        "Lesson as a YAML file (100 kB at most)",
        type=["yaml", "yml"],
        key="lesson upload",
        max_upload_size=FILE_MEGABYTES,
    )
    st.caption(
        "Each step names a page, the state in its address (*Share* shows the address), a text and a question in "
        "Markdown. Download a lesson above as a template. Only you can see your lesson, in this tab."
    )
    if file is not None:
        problem = _read_once(file.file_id, file.getvalue())
        if problem:
            st.warning(problem)
            return
    if session.own_lesson is not None:
        with st.container(border=True, width=440):
            _show_lesson(session.own_lesson, "")


def _read_once(number: str, content: bytes) -> str:
    """Read the uploaded lesson of this number into the session, only once; return what is wrong with it, or ""."""
    if READ not in st.session_state or st.session_state[READ][0] != number:
        problem = ""
        try:
            get_session().own_lesson = read_lesson(content, lesson_bar.find_fault)
        except LessonError as error:
            problem = str(error)
        st.session_state[READ] = number, problem
    return str(st.session_state[READ][1])


def _show_lesson(lesson: Lesson, name: str) -> None:
    st.markdown(f"#### {lesson.title}")
    st.markdown(lesson.about)
    st.caption(f"{len(lesson.steps)} steps")
    if st.button("Begin", key=f"begin {name or 'own'}", type="primary"):
        lesson_bar.open_step(LessonPosition(lesson, 0, name))
