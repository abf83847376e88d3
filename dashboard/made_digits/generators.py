"""Which generator makes the digits: the shipped one, or one that this visitor has trained."""

from __future__ import annotations

import time

import streamlit as st

from core.generation import generator_checkpoint
from core.generation.generator_checkpoint import TrainedGenerator
from core.generation.training_pictures import FOLDER, list_pictures
from core.jobs import run_folders
from core.jobs.generator_job import KIND
from core.jobs.run_folders import Job
from core.zoo.checkpoints import GENERATOR, SHIPPED, CheckpointError
from dashboard.components.player import Frame
from dashboard.made_digits import cached
from dashboard.server.visitors import get_visitor_id

SHIPPED_ONE = "shipped"
SOURCE = "made source"


def my_generators() -> list[Job]:
    """Return this visitor's trainings of generators, the newest first."""
    name = get_visitor_id()
    return [] if name is None else [job for job in run_folders.list_jobs(name) if job.kind == KIND]


def choose_source(found: list[Job], *, label: str = "Whose digits") -> Job | None:
    """Let people choose one of their own generators; None for the shipped one, which is all there is at first."""
    named = {SHIPPED_ONE: "The shipped generator"}
    named |= {job.id: f"{job.title} · {time.strftime('%H:%M', time.localtime(job.created))}" for job in found}
    if st.session_state.get(SOURCE, SHIPPED_ONE) not in named:
        st.session_state[SOURCE] = SHIPPED_ONE
    if len(named) == 1:
        return None
    chosen = st.selectbox(label, list(named), key=SOURCE, persist_state="session", format_func=named.__getitem__)
    return next((job for job in found if job.id == chosen), None)


def load(job: Job | None) -> TrainedGenerator | None:
    """Return the generator, or say in a sentence why there is none."""
    folder = SHIPPED if job is None else job.folder
    try:
        return cached.generator(folder, generator_checkpoint.load_card(folder).weights_sha256)
    except CheckpointError as error:
        st.warning(str(error))
        return None


def ready(found: list[Job]) -> list[Job]:
    """Return those that have made a generator already."""
    return [job for job in found if (job.folder / f"{GENERATOR}.json").is_file()]


def growth(job: Job) -> list[Frame]:
    """Return the frames of a run's pictures so far, in order, without damaged ones."""
    frames = []
    for name in list_pictures(job.folder):
        try:
            changed = (job.folder / FOLDER / f"{name}.safetensors").stat().st_mtime_ns
            frames.append(cached.growth_frame(job.folder, name, changed))
        except (OSError, ValueError):  # it is gone or damaged
            continue
    return frames
