"""The view "Watch" of the page "Train": a training while it runs, read from its folder every second."""

from collections.abc import Sequence
from math import isinf

import streamlit as st

from core.digits.datasets import Dataset
from core.jobs import control, run_folders, training_job, training_report, turns
from core.jobs.run_folders import Job, Status
from core.jobs.training_report import Progress, Record, TrainingSummary
from core.jobs.watched_digits import WatchedStep
from core.visualization.gallery import draw_metrics
from dashboard import address
from dashboard.components.player import Frame, Look, player
from dashboard.server.caches import Zoo
from dashboard.server.session import Session
from dashboard.train import cached
from dashboard.train.answer_views import show_answers
from dashboard.train.change_views import current_plan, resume_with, show_changes, show_form
from dashboard.train.curve_views import show_curves
from dashboard.train.recorded import RECORDED_GROWTH, first_recorded, say_recorded
from dashboard.train.setup_views import JOB, SET_UP, VIEW, WATCH
from dashboard.train.stage_views import show_stages
from dashboard.widgets import jobs
from dashboard.widgets.cached import load_recorded
from dashboard.widgets.progress import format_duration
from dashboard.widgets.texts import read_note, show_caption

SNAPSHOTS = Look("Ten digits, filters and feature maps during training", speed=0.25)


def explain_no_runs() -> None:
    """Say why there is no run to show."""
    if jobs.my_jobs():
        st.info(read_note("train", "Not ready"))
    else:
        st.info("You have not trained a network yet. Choose an experiment in *Set up*.")


def choose_run(runs: list[Job], label: str = "Training") -> Job:
    """Draw the choice of one of these runs, of which there is at least one; return it."""
    titles = {job.id: jobs.title_with_time(job) for job in runs}
    if st.session_state.get(JOB) not in titles:
        st.session_state[JOB] = next((job for job in runs if run_folders.read_status(job).active), runs[0]).id
    chosen = st.selectbox(
        label,
        list(titles),
        key=JOB,
        persist_state="session",
        format_func=titles.__getitem__,
        label_visibility="collapsed",
    )
    return next(job for job in runs if job.id == chosen)


def show_running(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show on the other views that a training of this visitor is running."""
    active = [job for job in jobs.my_jobs("train") if run_folders.read_status(job).active]
    if active and st.session_state.get(VIEW) != WATCH:
        with st.container(horizontal=True, vertical_alignment="center"):
            state = run_folders.read_status(active[0]).state
            st.markdown(f"**{active[0].title}** {jobs.ACTIVE_STATES.get(state, 'has ended')}.", width="content")
            st.button("Watch it", on_click=_open_view, args=(WATCH,), key="to watch")


def show_watch(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show one training, with buttons to pause, stop and resume it and to change its settings."""
    runs = jobs.my_jobs("train")
    if not runs:
        _show_recorded()
        explain_no_runs()
        return
    which, controls = st.columns([330, 710], gap="medium", vertical_alignment="bottom")
    with which:
        job = choose_run(runs)
    try:
        training_job.read_plan(job.settings)
    except ValueError as error:
        st.warning(str(error))
        return
    status = run_folders.read_status(job)
    with controls:
        _show_controls(job, status)
    jobs.show_problem()
    st.fragment(_show_live, run_every=jobs.POLL if status.active else None)(job, status.state)


def _show_recorded() -> None:
    """Show a recorded training, as it was seen when it ran."""
    training, growth = first_recorded(), load_recorded(RECORDED_GROWTH)
    if training is None or growth is None:
        return
    reached = training_report.summarize_run(training["steps"])
    if reached is not None:
        st.markdown(f"**{describe_accuracies(reached)}**")
    say_recorded(training)
    curves, pictures = st.columns([2, 3], gap="medium")
    show_curves(training["steps"], training["epochs"], (curves, curves))
    with pictures:
        show_snapshots(growth.frames, "recorded", finished=True)


def describe_accuracies(reached: TrainingSummary) -> str:
    """Return a sentence: how well the network reads the digits after the finished epochs."""
    return (
        f"After {reached.epochs} epochs, it reads {reached.validation:.1f} % of the validation digits correctly. "
        f"During its last epoch it read {reached.training:.1f} % of the training digits correctly."
    )


def _show_controls(job: Job, status: Status) -> None:
    with st.container(horizontal=True):
        if training_job.has_diverged(status):
            _show_slower(job)
        else:
            jobs.show_controls(job, status, "train")
        if status.active:
            with st.popover("Change settings"):
                show_form(job)
        else:
            st.button(
                "See results",
                on_click=_open_view,
                args=("Result",),
                key="to result",
                type="primary" if status.state in ("done", "stopped") else "secondary",
            )
            st.button("New training", on_click=_open_view, args=(SET_UP,), key="to set-up", type="tertiary")


def _show_slower(job: Job) -> None:
    """Offer to resume a training that diverged, with a tenth of its learning rate."""
    key = f"slower {job.id}"
    rate = float(f"{current_plan(job).config.learning_rate / 10:.3g}")
    st.number_input("Lower learning rate", value=rate, format="%g", key=key, width=160)
    st.button("Resume with it", on_click=_resume_slower, args=(job, key), key="train resume", type="primary")


def _resume_slower(job: Job, key: str) -> None:
    jobs.attempt(resume_with, job, st.session_state[key])


def _open_view(view: str) -> None:
    address.change(VIEW, view)


def read_steps(job: Job) -> list[Record]:
    """Return all records. Only new ones are read, or all if the file is shorter: a resumed job drops some.

    Raises JobError when they are damaged.
    """
    path = job.folder / "steps.jsonl"
    size = path.stat().st_size if path.exists() else 0
    before, steps = st.session_state.get("train steps", {}).get(job.id, (0, []))
    if size < before:
        steps = []
    steps = [*steps, *run_folders.read_steps(job.id, len(steps), WatchedStep)]
    st.session_state["train steps"] = {job.id: (size, steps)}
    return steps


def _show_live(job: Job, shown: str) -> None:
    """Show the training as it is now; rerun the whole page if its state is no longer the one that is shown."""
    try:
        status = run_folders.read_status(run_folders.load_job(job.id))
        steps, config = read_steps(job), current_plan(job).config
    except ValueError as error:
        st.warning(str(error))
        return
    if status.state != shown:
        st.rerun()
    progress = training_report.measure_progress(steps, epochs=config.epochs, batch=config.batch)
    jobs.show_state(
        job,
        status,
        lambda: _describe_progress(job, progress, steps),
        lambda: _describe_wait(job),
    )
    if steps:
        _show_metrics(progress, steps, active=status.active)
    curves, pictures = st.columns([2, 3], gap="medium")
    if steps:
        show_curves(steps, config.epochs, (curves, curves))
    with curves:
        show_changes(job)
    with pictures:
        show_answers(job, steps)
        show_snapshots(cached.snapshot_frames(job.folder), job.id, finished=not status.active)
    show_stages(job, status, steps, config.epochs)


def _describe_progress(job: Job, progress: Progress, steps: list[Record]) -> tuple[float, str]:
    """Return the share of the job's time that is over, its test included, and a text."""
    if not steps:
        return 0.0, "Loading the digits ..."
    last, test = steps[-1], _test_seconds(job)
    if progress.share >= 1 or run_folders.read_request(job).state == "stop":
        ended = "Training is finished." if progress.share >= 1 else "Training stopped."
        text = (
            f"{ended} Now the network reads all test digits, whole and with each cut, to measure its "
            f"accuracy. This takes about {format_duration(cached.seconds_with_others(test, job.id))}."
        )
        return last["seconds"] / (last["seconds"] + test), text
    text = f"Epoch {last['epoch']}, batch {last['batch']} of {last['batches']}"
    if progress.seconds_left is None:
        return progress.share, text
    left = progress.seconds_left + test
    shared = cached.seconds_with_others(left, job.id)
    return last["seconds"] / (last["seconds"] + left), f"{text} · {format_duration(shared)} left, with the test"


def _test_seconds(job: Job) -> float:
    try:
        return cached.estimate_test_seconds(job.settings)
    except ValueError:  # what it starts from is gone
        return 0.0


def _describe_wait(job: Job) -> str:
    """Return a sentence on when a waiting training starts and ends."""
    seconds = cached.seconds_left(job)
    starts = (control.queue_position(job.id) or 1) * turns.turn_length()
    if isinf(seconds):
        return ""
    ends = cached.seconds_with_others(seconds, job.id)
    return f"It starts in about {format_duration(starts)} and ends in about {format_duration(ends)}."


def _show_metrics(progress: Progress, steps: list[Record], *, active: bool) -> None:
    last, validated = steps[-1], training_report.learning_curve(steps, "validation accuracy")
    not_yet = "after the first epoch" if active else "not measured"
    figures = {
        "validation accuracy": f"{validated[-1].value:.2f} %" if validated else not_yet,
        "training accuracy, this epoch": f"{training_report.current_training_accuracy(steps):.2f} %",
        "digits per second": f"{progress.digits_per_second:,.0f}" if progress.digits_per_second else "–",
        "learning rate": f"{last['learning_rate']:g}",
        "time so far" if active else "time": format_duration(last["seconds"]),
    }
    st.html(draw_metrics(figures))


def show_snapshots(frames: Sequence[Frame], run: str, *, finished: bool) -> None:
    """Play the snapshots of filters, feature maps and ten digits taken during the training."""
    if frames:
        player(frames, key="train growth", run=run, look=SNAPSHOTS, finished=finished)
        show_caption("train", "Snapshots")
