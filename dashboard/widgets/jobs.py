"""A visitor's jobs on the pages that train something: titles, buttons, state, and requests that fail."""

import time
from collections.abc import Callable
from typing import Any, Literal

import streamlit as st

from core.jobs import control, limits, run_folders
from core.jobs.run_folders import Job, Status
from core.jobs.turns import MAX_PAUSE
from core.system import files
from dashboard.server.visitors import get_visitor_id

POLL = 1.0  # seconds between two reads of a job's folder
PROBLEM = "job problem"  # key of the sentence that `show_problem` shows
RESUMABLE = ("lost", "stopped", "failed")
ACTIVE_STATES = {"running": "is training", "waiting": "waits in the queue", "paused": "is paused"}


def my_jobs(*kinds: str) -> list[Job]:
    """Return this visitor's jobs of these kinds (default: all but own sets), the newest first."""
    visitor = get_visitor_id()
    jobs = [] if visitor is None else run_folders.list_jobs(visitor)
    return [job for job in jobs if job.kind in kinds or (not kinds and job.kind != limits.SET)]


def title_with_time(job: Job) -> str:
    return f"{job.title} · {time.strftime('%H:%M', time.localtime(job.created))}"


def attempt(act: Callable[..., object], *arguments: Any) -> None:
    """Call `act`, which changes a job or its folder; keep the sentence that says why it failed."""
    try:
        act(*arguments)
    except (ValueError, OSError) as error:
        st.session_state[PROBLEM] = files.describe_error(error, "The folder of the runs")


def show_damaged() -> None:
    """Say which of this visitor's runs are damaged, with a button that deletes them."""
    visitor = get_visitor_id()
    damaged = [] if visitor is None else run_folders.list_damaged(visitor)
    if not damaged:
        return
    several = f"{len(damaged)} of your runs are" if len(damaged) > 1 else "One of your runs is"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.warning(f"{several} damaged on the server's disk and cannot be shown or resumed.")
        st.button(
            "Delete damaged runs", key="delete damaged", on_click=attempt, args=(run_folders.remove_damaged, visitor)
        )


def show_problem() -> None:
    """Show why the last attempt failed, once."""
    if problem := st.session_state.pop(PROBLEM, None):
        st.warning(problem)


def show_controls(job: Job, status: Status, page: str) -> None:
    """Show the buttons that pause, stop and resume a job; their keys begin with `page`."""
    if status.active:
        request = run_folders.read_request(job).state
        disabled = request == "stop"
        if request == "pause":
            _show_resume(job, f"{page} pause")
        else:
            st.button("Pause", f"{page} pause", on_click=attempt, args=(control.pause, job.id), disabled=disabled)
        st.button("Stop and save", f"{page} stop", on_click=attempt, args=(control.stop, job.id), disabled=disabled)
    elif status.state in RESUMABLE:
        _show_resume(job, f"{page} resume", primary=status.state != "stopped")  # then its result comes next


def _show_resume(job: Job, key: str, *, primary: bool = True) -> None:
    kind: Literal["primary", "secondary"] = "primary" if primary else "secondary"
    st.button("Resume", on_click=attempt, args=(control.resume, job.id), key=key, type=kind)


def show_state(
    job: Job,
    status: Status,
    describe_progress: Callable[[], tuple[float, str]],
    describe_wait: Callable[[], str] = str,
) -> None:
    """Show the place in the queue, the progress (a share from 0 to 1 and a text), or why the job does not run.

    `describe_wait` returns a sentence on how long the queue is.
    """
    if status.state == "waiting":
        st.info(_describe_queue(job, describe_wait))
    elif status.state == "running":
        st.progress(*describe_progress())
    elif status.state == "paused":
        st.info(f"Paused. After {MAX_PAUSE / 60:g} minutes the job ends; you can still resume it.")
    elif status.message:
        (st.warning if status.state in ("failed", "lost") else st.info)(status.message)


def _describe_queue(job: Job, describe_wait: Callable[[], str]) -> str:
    if not control.has_company(job.id):
        return "It usually starts within a minute. You can leave or close this page."
    position = control.queue_position(job.id) or 1
    return (
        f"Another job is running on this computer. Yours is **number {position}** in the queue. {describe_wait()} It "
        "starts by itself: you can leave or close this page."
    )
