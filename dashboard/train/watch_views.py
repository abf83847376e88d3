"""The view "Watch" of the page "Train": a training while it goes on; everything it shows is read from its folder."""

from __future__ import annotations

import time
from collections.abc import Sequence
from math import ceil
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.digits.datasets import Dataset
from core.jobs import control, run_folders, training_report
from core.jobs.run_folders import Job, JobError, Status
from core.jobs.training_report import Progress, Record
from core.visualization.figures import Curve
from core.visualization.gallery import draw_metrics
from core.visualization.training import TRAINING, VALIDATION, axis_limits, draw_svg_curves
from dashboard import address
from dashboard.components.player import Look, player
from dashboard.server.caches import Zoo
from dashboard.server.session import Session
from dashboard.server.visitors import get_visitor_id
from dashboard.train import cached
from dashboard.train.setup_views import JOB, VIEW

EVERY = 1.0  # seconds between two looks
GROWTH = Look("Ten digits, filters and feature maps while the network learns", speed=0.25)
PARTS = {"training": TRAINING, "validation": VALIDATION}
RESUMABLE = ("lost", "stopped", "failed")


def my_jobs() -> list[Job]:
    """Return this visitor's runs, the newest first."""
    name = get_visitor_id()
    return [] if name is None else run_folders.list_jobs(name)


def choose_run(found: list[Job], label: str = "Training") -> Job | None:
    """Let people choose one of their runs; None when there is none."""
    if not found and my_jobs():
        st.info("Your network is not ready yet: *Watch* shows how it learns, and can stop it and keep what there is.")
        return None
    if not found:
        st.info("You have not trained a network yet: *Set up* has experiments to begin from.")
        return None
    named = {job.id: f"{job.title} · {time.strftime('%H:%M', time.localtime(job.created))}" for job in found}
    if st.session_state.get(JOB) not in named:
        st.session_state[JOB] = found[0].id
    chosen = st.selectbox(
        label,
        list(named),
        key=JOB,
        persist_state="session",
        format_func=named.__getitem__,
        label_visibility="collapsed",
    )
    return next(job for job in found if job.id == chosen)


def show_watch(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show one training, and let people pause it, stop it, resume it, and change its learning rate."""
    which, controls = st.columns([330, 710], gap="medium", vertical_alignment="bottom")
    with which:
        job = choose_run([job for job in my_jobs() if job.kind == "train"])
    if job is None:
        return
    status = run_folders.read_status(job)
    with controls:
        _show_controls(job, status)
    if problem := st.session_state.pop("train problem", None):
        st.warning(problem)
    st.fragment(_show_live, run_every=EVERY if status.active else None)(job, status.state)


def _show_controls(job: Job, status: Status) -> None:
    with st.container(horizontal=True):
        if status.active:
            request = run_folders.read_request(job).state
            if request == "pause":
                st.button("Go on", on_click=_ask, args=(control.resume, job.id), key="go on", type="primary")
            else:
                st.button("Pause", on_click=_ask, args=(control.pause, job.id), key="pause")
            st.button(
                "Stop and keep", on_click=_ask, args=(control.stop, job.id), key="stop", disabled=request == "stop"
            )
            with st.popover("Learning rate"):
                _show_rate(job)
        elif status.state in RESUMABLE:
            st.button("Resume", on_click=_ask, args=(control.resume, job.id), key="resume", type="primary")
        if not status.active:
            st.button("What it can do", on_click=_go, args=("Result",), key="to result")


def _show_rate(job: Job) -> None:
    now = run_folders.read_request(job).learning_rate or float(job.settings["config"].get("learning_rate", 0.01))
    rate = st.number_input("Learn on with", value=now, format="%g", step=0.001, key=f"rate {job.id}")
    if st.button("Set", key="set rate"):
        _ask(control.set_learning_rate, job.id, rate)


def _ask(door: Any, *about: Any) -> None:
    """Ask something of a job; what it cannot do is said in a sentence."""
    try:
        door(*about)
    except ValueError as error:
        st.session_state["train problem"] = str(error)


def _go(view: str) -> None:
    address.change(VIEW, view)


def read_steps(job: Job) -> list[Record]:
    """Return all records, reading only what is new; from the start again when a resumed job has dropped some."""
    path = job.folder / "steps.jsonl"
    size = path.stat().st_size if path.exists() else 0
    before, steps = st.session_state.get("train steps", {}).get(job.id, (0, []))
    if size < before:
        steps = []
    steps = [*steps, *run_folders.read_steps(job.id, since=len(steps))]
    st.session_state["train steps"] = {job.id: (size, steps)}
    return steps


def _show_live(job: Job, shown: str) -> None:
    """What is shown again every second; the page as a whole when the job's state has changed."""
    try:
        status = run_folders.read_status(run_folders.load_job(job.id))
    except JobError as error:
        st.warning(str(error))
        return
    if status.state != shown:
        st.rerun()
    steps, config = read_steps(job), job.settings["config"]
    epochs, batch = config.get("epochs", 10), config.get("batch", 64)
    progress = training_report.measure_progress(steps, epochs=epochs, batch=batch)
    _show_state(job, status, progress, steps)
    if steps:
        _show_figures(progress, steps, active=status.active)
    curves, pictures = st.columns([2, 3], gap="medium")
    if steps:
        show_curves(steps, epochs, (curves, curves))
    with pictures:
        show_growth(job, finished=not status.active)


def _show_state(job: Job, status: Status, progress: Progress, steps: list[Record]) -> None:
    if status.state == "waiting":
        place = control.queue_position(job.id)
        st.info(
            f"Another training is at work on this machine. Yours is **number {place or 1}** in the queue, and "
            "starts by itself: you may leave this page, or close it."
        )
    elif status.state == "running":
        st.progress(min(1.0, progress.share), _words(job, progress, steps))
    elif status.state == "paused":
        st.info("It pauses. After ten minutes it makes room for others; it can be resumed then too.")
    elif status.message:
        (st.warning if status.state in ("failed", "lost") else st.info)(status.message)


def _words(job: Job, progress: Progress, steps: list[Record]) -> str:
    if not steps:
        return "Getting ready ..."
    if progress.share >= 1 or run_folders.read_request(job).state == "stop":
        return "Learned. Now it reads all test digits, whole and cut ..."
    last = steps[-1]
    left = f" · {_minutes(progress.seconds_left)} left" if progress.seconds_left is not None else ""
    return f"Epoch {last['epoch']}, batch {last['batch']} of {last['batches']}{left}"


def _minutes(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _show_figures(progress: Progress, steps: list[Record], *, active: bool) -> None:
    last, validated = steps[-1], training_report.learning_curve(steps, "validation accuracy")
    figures = {
        "validation accuracy": f"{validated[-1].value:.2f} %" if validated else "after the first epoch",
        "training accuracy": f"{last['accuracy']:.2f} %",
        "digits a second": f"{progress.digits_per_second:,.0f}" if progress.digits_per_second else "–",
        "learning rate": f"{last['learning_rate']:g}",
        "time so far" if active else "time": _minutes(last["seconds"]),
    }
    st.html(draw_metrics(figures))


def _line(steps: list[Record], kind: str, part: str, color: str) -> Curve:
    points = training_report.learning_curve(steps, f"{part} {kind}")
    x, y = [point.epochs for point in points], [point.value for point in points]
    return Curve(part, color, x, y, dots=part == "validation")


def show_curves(steps: list[Record], epochs: int, places: Sequence[DeltaGenerator]) -> None:
    """Show error and accuracy in two places, on what is learned from and on what is not (T1)."""
    now = training_report.learning_curve(steps, "training error")[-1].epochs
    end = min(epochs, max(1, ceil(1.5 * now)))  # room for what comes, and not so much that the beginning is a stroke
    for place, kind, top, unit in zip(places, ("error", "accuracy"), (None, 100.0), ("", " %"), strict=True):
        lines = [_line(steps, kind, part, color) for part, color in PARTS.items()]
        limits = axis_limits([y for line in lines for y in line.y], top=top)
        title = "Error (cross-entropy)" if kind == "error" else "Read right, %"
        drawn = draw_svg_curves(lines, title=title, x_end=end, limits=limits, unit=unit)
        place.markdown(drawn, unsafe_allow_html=True)


def show_growth(job: Job, *, finished: bool) -> None:
    """Play filters, feature maps and ten digits growing."""
    frames = cached.growth_frames(job.folder)
    if frames:
        player(frames, key="train growth", run=job.id, look=GROWTH, finished=finished)
        st.caption(
            "From the top: ten test digits, how they are read now, and how sure; ten filters of the first convolution "
            "(blue positive, red negative); ten feature maps of the 4 after the first and the last convolution."
        )
