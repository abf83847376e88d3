"""The networks of a data set that has none yet: a button makes them by their recipes, for all visitors."""

import streamlit as st

from core.digits.datasets import Dataset
from core.jobs import control, recipes_job, run_folders
from core.jobs.run_folders import Job
from core.zoo.recipes import BASIC, RECIPES
from dashboard.server import caches
from dashboard.server.visitors import ensure_visitor_id, get_origin
from dashboard.widgets import jobs
from dashboard.widgets.texts import read_note, show_problems

POLL = 2.0  # seconds between two looks at the job


def show_set_networks(data: Dataset) -> None:
    """Offer to make the networks of the chosen set, and show how far that is; nothing once it has them."""
    if not recipes_job.find_missing(data.name):
        return
    with st.container(key="set-networks", border=True):
        tried = _jobs_of(data.name)
        active = [job for job in tried if run_folders.read_status(job).active]
        if active:
            st.fragment(_watch, run_every=POLL)(active[0])
            return
        show_problems([status.message] if tried and (status := run_folders.read_status(tried[0])).message else [])
        st.markdown(read_note("train", "Set networks").format(data.name))
        jobs.show_problem()
        st.button(f"Make the networks of {data.name}", key="make set networks", on_click=_start, args=(data.name,))


def _jobs_of(dataset: str) -> list[Job]:
    """Return the jobs of all visitors that make the networks of this set, the newest first: one is enough."""
    return [
        job
        for job in run_folders.list_jobs()
        if job.kind == recipes_job.KIND and recipes_job.read_plan(job.settings).dataset == dataset
    ]


def _start(dataset: str) -> None:
    jobs.attempt(
        control.submit,
        recipes_job.KIND,
        f"Networks of {dataset}",
        {"dataset": dataset},
        ensure_visitor_id(),
        get_origin(),
    )


def _watch(job: Job) -> None:
    status = run_folders.read_status(job)
    if not status.active:
        caches.server_zoo.clear()
        st.rerun()
    jobs.show_state(job, status, lambda: _describe(job))
    if any(mine.id == job.id for mine in jobs.my_jobs(recipes_job.KIND)):
        jobs.show_controls(job, status, "set networks")


def _describe(job: Job) -> tuple[float, str]:
    """Return the share of the work that is done, every network counted the same, and what is trained now."""
    steps = run_folders.read_steps(job.id)
    if not steps:
        return 0.0, "The pictures are loaded."
    name, step = steps[-1]["network"], steps[-1]["step"]
    config = RECIPES[name].config
    assert config is not None
    part = (step["epoch"] - 1 + step["batch"] / step["batches"]) / config.epochs
    share = (BASIC.index(name) + min(part, 1.0)) / len(BASIC)
    return share, f"{RECIPES[name].title}: epoch {step['epoch']} of {config.epochs}, {step['accuracy']:.1f} % correct"
