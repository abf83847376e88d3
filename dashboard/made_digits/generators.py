"""Choose the generator that makes the digits: the shipped one, or one that the visitor has trained."""

import streamlit as st

from core.generation import generator_checkpoint
from core.generation.generator_checkpoint import TrainedGenerator
from core.generation.training_pictures import FOLDER, list_pictures
from core.jobs.run_folders import Job
from core.system.checkpoint_files import GENERATOR, SHIPPED, CheckpointError
from dashboard.components.player import Frame
from dashboard.made_digits import cached
from dashboard.server import caches
from dashboard.widgets.jobs import title_with_time

SHIPPED_GENERATOR = "shipped"
SOURCE = "made source"


def choose_source(jobs: list[Job], *, label: str = "Whose digits") -> Job | None:
    """Draw the choice between the shipped generator and these jobs, if there are any; return None for the shipped."""
    titles = {SHIPPED_GENERATOR: "The shipped generator"}
    titles |= {job.id: title_with_time(job) for job in jobs}
    if st.session_state.get(SOURCE, SHIPPED_GENERATOR) not in titles:
        st.session_state[SOURCE] = SHIPPED_GENERATOR
    if not jobs:
        return None
    chosen = st.selectbox(label, list(titles), key=SOURCE, persist_state="session", format_func=titles.__getitem__)
    return next((job for job in jobs if job.id == chosen), None)


def load_or_warn(job: Job | None) -> TrainedGenerator | None:
    """Return the generator of a job, or the shipped one; warn and return None if it cannot be loaded."""
    folder = SHIPPED if job is None else job.folder
    try:
        return caches.generator(folder, generator_checkpoint.load_card(folder).weights_sha256)
    except CheckpointError as error:
        st.warning(str(error))
        return None


def with_generator(jobs: list[Job]) -> list[Job]:
    """Return the jobs that have saved a generator already."""
    return [job for job in jobs if (job.folder / f"{GENERATOR}.json").is_file()]


def snapshot_frames(job: Job) -> list[Frame]:
    """Return the frames of a run's snapshots so far, in order; damaged ones are left out."""
    frames = []
    for name in list_pictures(job.folder):
        try:
            changed = (job.folder / FOLDER / f"{name}.safetensors").stat().st_mtime_ns
            frames.append(cached.snapshot_frame(job.folder, name, changed))
        except (OSError, ValueError):  # deleted or damaged
            continue
    return frames
