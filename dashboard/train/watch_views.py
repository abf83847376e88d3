"""The view "Watch" of the page "Train": a training while it runs, read from its folder every second."""

from collections.abc import Sequence
from math import ceil

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
from dashboard.train import cached
from dashboard.train.setup_views import JOB, VIEW
from dashboard.widgets import jobs

SNAPSHOTS = Look("Ten digits, filters and feature maps while the network learns", speed=0.25)
PARTS = {"training": TRAINING, "validation": VALIDATION}


def choose_run(runs: list[Job], label: str = "Training") -> Job | None:
    """Draw the choice of one of these runs and return it; say why and return None if there are none."""
    if not runs and jobs.my_jobs():
        st.info("Your network is not ready yet: *Watch* shows how it learns, and can stop it and keep what there is.")
        return None
    if not runs:
        st.info("You have not trained a network yet: *Set up* has experiments to begin from.")
        return None
    titles = {job.id: jobs.title_with_time(job) for job in runs}
    if st.session_state.get(JOB) not in titles:
        st.session_state[JOB] = runs[0].id
    chosen = st.selectbox(
        label,
        list(titles),
        key=JOB,
        persist_state="session",
        format_func=titles.__getitem__,
        label_visibility="collapsed",
    )
    return next(job for job in runs if job.id == chosen)


def show_watch(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show one training, with buttons to pause, stop and resume it and to change its learning rate."""
    which, controls = st.columns([330, 710], gap="medium", vertical_alignment="bottom")
    with which:
        job = choose_run(jobs.my_jobs("train"))
    if job is None:
        return
    status = run_folders.read_status(job)
    with controls:
        _show_controls(job, status)
    jobs.show_problem()
    st.fragment(_show_live, run_every=jobs.POLL if status.active else None)(job, status.state)


def _show_controls(job: Job, status: Status) -> None:
    with st.container(horizontal=True):
        jobs.show_controls(job, status, "train")
        if status.active:
            with st.popover("Learning rate"):
                _show_rate(job)
        else:
            st.button("See results", on_click=_open_view, args=("Result",), key="to result")


def _show_rate(job: Job) -> None:
    now = run_folders.read_request(job).learning_rate or float(job.settings["config"].get("learning_rate", 0.01))
    rate = st.number_input("Continue with", value=now, format="%g", step=0.001, key=f"rate {job.id}")
    if st.button("Set", key="set rate"):
        jobs.attempt(control.set_learning_rate, job.id, rate)


def _open_view(view: str) -> None:
    address.change(VIEW, view)


def read_steps(job: Job) -> list[Record]:
    """Return all records. Only new ones are read, or all if the file is shorter: a resumed job drops some."""
    path = job.folder / "steps.jsonl"
    size = path.stat().st_size if path.exists() else 0
    before, steps = st.session_state.get("train steps", {}).get(job.id, (0, []))
    if size < before:
        steps = []
    steps = [*steps, *run_folders.read_steps(job.id, since=len(steps))]
    st.session_state["train steps"] = {job.id: (size, steps)}
    return steps


def _show_live(job: Job, shown: str) -> None:
    """Show the training as it is now; rerun the whole page if its state is no longer the one that is shown."""
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
    jobs.show_state(job, status, lambda: (min(1.0, progress.share), _describe_progress(job, progress, steps)))
    if steps:
        _show_metrics(progress, steps, active=status.active)
    curves, pictures = st.columns([2, 3], gap="medium")
    if steps:
        show_curves(steps, epochs, (curves, curves))
    with pictures:
        show_snapshots(job, finished=not status.active)


def _describe_progress(job: Job, progress: Progress, steps: list[Record]) -> str:
    if not steps:
        return "Getting ready ..."
    if progress.share >= 1 or run_folders.read_request(job).state == "stop":
        return "Learned. Now it reads all test digits, whole and cut ..."
    last = steps[-1]
    left = f" · {_format_duration(progress.seconds_left)} left" if progress.seconds_left is not None else ""
    return f"Epoch {last['epoch']}, batch {last['batch']} of {last['batches']}{left}"


def _format_duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _show_metrics(progress: Progress, steps: list[Record], *, active: bool) -> None:
    last, validated = steps[-1], training_report.learning_curve(steps, "validation accuracy")
    figures = {
        "validation accuracy": f"{validated[-1].value:.2f} %" if validated else "after the first epoch",
        "training accuracy": f"{last['accuracy']:.2f} %",
        "digits a second": f"{progress.digits_per_second:,.0f}" if progress.digits_per_second else "–",
        "learning rate": f"{last['learning_rate']:g}",
        "time so far" if active else "time": _format_duration(last["seconds"]),
    }
    st.html(draw_metrics(figures))


def _curve(steps: list[Record], kind: str, part: str, color: str) -> Curve:
    points = training_report.learning_curve(steps, f"{part} {kind}")
    x, y = [point.epochs for point in points], [point.value for point in points]
    return Curve(part, color, x, y, dots=part == "validation")


def show_curves(steps: list[Record], epochs: int, places: Sequence[DeltaGenerator]) -> None:
    """Draw error and accuracy, for training and validation digits, each into one of two places."""
    now = training_report.learning_curve(steps, "training error")[-1].epochs
    end = min(epochs, max(1, ceil(1.5 * now)))  # room for what comes, but the first epochs must not be too narrow
    for place, kind, top, unit in zip(places, ("error", "accuracy"), (None, 100.0), ("", " %"), strict=True):
        lines = [_curve(steps, kind, part, color) for part, color in PARTS.items()]
        limits = axis_limits([y for line in lines for y in line.y], top=top)
        title = "Error (cross-entropy)" if kind == "error" else "Read right, %"
        drawn = draw_svg_curves(lines, title=title, x_end=end, limits=limits, unit=unit)
        place.markdown(drawn, unsafe_allow_html=True)


def show_snapshots(job: Job, *, finished: bool) -> None:
    """Play the snapshots of filters, feature maps and ten digits taken during the training."""
    frames = cached.snapshot_frames(job.folder)
    if frames:
        player(frames, key="train growth", run=job.id, look=SNAPSHOTS, finished=finished)
        st.caption(
            "From the top: ten test digits, how they are read now, and how sure; ten filters of the first convolution "
            "(blue positive, red negative); ten feature maps of the 4 after the first and the last convolution."
        )
