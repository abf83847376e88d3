"""What can be done with one run: another name, notes, and the same training again with changes."""

from collections.abc import Callable

import streamlit as st

from core.jobs import run_titles
from core.jobs.run_folders import Job
from core.jobs.run_titles import MAX_NOTES
from core.system.safe_names import MAX_NAME_LENGTH
from dashboard.train.form_filling import open_form
from dashboard.widgets import jobs


def show_actions(job: Job) -> None:
    """Show the buttons that rename a run, write notes on it, and open the form with its settings."""
    with st.container(horizontal=True):
        with st.popover("Rename"):
            _show_name(job)
        with st.popover("Notes"):
            _show_notes(job)
        if job.kind == "train":
            st.button("Train again with changes", on_click=jobs.attempt, args=(open_form, job), key="train again")


def _show_name(job: Job) -> None:
    key = f"name of {job.id}"
    st.text_input("New name", job.title, max_chars=MAX_NAME_LENGTH, key=key)
    st.button("Rename it", on_click=_write, args=(run_titles.rename, job, key), key="rename", type="primary")


def _show_notes(job: Job) -> None:
    key = f"notes on {job.id}"
    st.text_area("Notes", job.notes, max_chars=MAX_NOTES, key=key)
    st.button("Save notes", on_click=_write, args=(run_titles.write_notes, job, key), key="save notes", type="primary")


def _write(act: Callable[[str, str], object], job: Job, key: str) -> None:
    """Write what stands in a field of this key."""
    jobs.attempt(act, job.id, str(st.session_state.get(key, "")))
