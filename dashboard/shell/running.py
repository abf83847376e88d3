"""What this visitor trains now, in the frame of every page: a small link to the view that shows it."""

from typing import NamedTuple

import streamlit as st

import dashboard
from core.jobs import run_folders
from core.jobs.run_folders import Job, Status
from core.jobs.run_overview import count_epochs
from dashboard.widgets import jobs

POLL = 3.0  # seconds between two looks at the runs


class Place(NamedTuple):
    """The page and the views that show a kind of job while it is active, and when it has ended."""

    page: str
    active: str
    ended: str


PLACES = {
    "train": Place("train", "Watch", "Result"),
    "generator": Place("made_digits", "Training", "Training"),
    "recipes": Place("train", "Set up", "Set up"),
}


def show_running(page: str) -> None:
    """Show the active jobs of this visitor, with a link to each; nothing on the page that shows them anyway."""
    places = {kind for kind, place in PLACES.items() if place.page != page}
    active = [job for job in jobs.my_jobs(*places) if run_folders.read_status(job).active]
    if active:
        with st.container(key="running"):
            st.fragment(_show, run_every=POLL)(active)


def _show(active: list[Job]) -> None:
    """Show the jobs as they are now; those that have ended meanwhile stay, so that their results are found."""
    with st.container(horizontal=True):
        for job in active:
            status, place = run_folders.read_status(job), PLACES[job.kind]
            view = place.active if status.active else place.ended
            st.page_link(
                dashboard.file_of(place.page),
                label=describe(job, status),
                icon=":material/model_training:",
                query_params={"view": view},
            )


def describe(job: Job, status: Status) -> str:
    """Return what the job does, in a few words."""
    if not status.active:
        return f"{job.title} has ended"
    epochs = count_epochs(job)
    so_far = f", {epochs} epoch{'s' * (epochs != 1)} finished" if epochs else ""
    return f"{job.title} {jobs.ACTIVE_STATES[status.state]}{so_far}"
