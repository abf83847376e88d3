"""The view "Training": the recorded training of the shipped generator, or the visitor's own as it runs."""

from math import ceil
from typing import Any

import streamlit as st

from core.digits.datasets import Dataset
from core.generation.config import GanConfig
from core.generation.loop import GanFigures
from core.jobs import control, generator_job, run_folders
from core.jobs.generator_job import KIND
from core.jobs.run_folders import Job
from core.visualization.figures import Curve
from core.visualization.palette import BLUE, GREEN, PINK, VERMILION
from core.visualization.training import axis_limits, draw_svg_curves
from dashboard import address
from dashboard.components.player import player
from dashboard.made_digits import cached, generators
from dashboard.made_digits.frames import SNAPSHOTS
from dashboard.server.caches import Zoo
from dashboard.server.session import Session
from dashboard.server.visitors import ensure_visitor_id, get_origin
from dashboard.widgets import jobs
from dashboard.widgets.columns import inputs_and_result
from dashboard.widgets.texts import show_caption

NEXT = "made next source"
DIGITS = (1_000, 5_000, 10_000, 20_000, 50_000)
FIRST_DIGITS, FIRST_EPOCHS = 10_000, 4  # a minute or two on a laptop: readable shapes with ragged edges

LOSSES = {"generator": BLUE, "discriminator": VERMILION}
FOUND = {"real digits recognised": GREEN, "made digits recognised": PINK}


def show_learning(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show the training of a generator, and the form that starts one."""
    if NEXT in st.session_state:
        st.session_state[generators.SOURCE] = st.session_state.pop(NEXT)
    left, right = inputs_and_result(300, 740)
    with left:
        job = generators.choose_source(jobs.my_jobs(KIND), label="Watch")
        if job is not None:
            _show_controls(job)
        _show_form(data)
    jobs.show_problem()
    with right:
        if job is None:
            _show_shipped()
        else:
            status = run_folders.read_status(job)
            st.fragment(_show_live, run_every=jobs.POLL if status.active else None)(job, status.state)


def _show_form(data: Dataset) -> None:
    """Show the form that trains a generator."""
    with st.expander("Train your own generator"):
        most = len(data.train)
        counts = [count for count in DIGITS if count < most] + [most]
        digits = address.select_slider(
            "digits",
            "Training digits",
            counts,
            min(FIRST_DIGITS, most),
            key="made digits",
            format_func="{:,}".format,
        )
        epochs = address.slider("epochs", "Epochs", 1, 12, FIRST_EPOCHS, key="made epochs")
        latent = address.select_slider(
            "numbers", "Random numbers per digit", (2, 8, 24, 48, 96), GanConfig().latent, key="made latent"
        )
        labelled = address.toggle("labelled", "Train with labels", True, key="made labelled")
        seed = address.number_input("seed", "Seed", 0, 9999, GanConfig().seed, key="made seed")
        pressed = st.button("Train", type="primary", key="made train", width="stretch")
        st.caption(
            f"{epochs * (digits // GanConfig().batch):,} batches of {GanConfig().batch}; the shipped generator had "
            "about nine thousand. Training continues when you leave this page."
        )
    if pressed:
        config = {"epochs": epochs, "latent": latent, "labelled": labelled, "seed": seed, "report_every": 5}
        _start({"config": config, "dataset": data.name, "digits": digits})


def _start(settings: dict[str, Any]) -> None:
    title = f"{settings['digits']:,} digits, {settings['config']['epochs']} epochs"
    try:
        job = control.submit(KIND, title, settings, ensure_visitor_id(), get_origin())
    except ValueError as error:
        st.warning(str(error))
        return
    st.session_state[NEXT] = job.id
    st.rerun()


def _show_controls(job: Job) -> None:
    status = run_folders.read_status(job)
    with st.container(horizontal=True):
        jobs.show_controls(job, status, "made")
        if not status.active:
            st.button("Delete", on_click=jobs.attempt, args=(control.remove, job.id), key="made delete")


def _show_shipped() -> None:
    made = generators.load_or_warn(None)
    if made is None:
        return
    frames = cached.recorded_frames(made.card.weights_sha256, made)
    st.markdown(f"**{describe_duel(made.card.moments)}**")
    player(frames, key="made growth", run="shipped", look=SNAPSHOTS, finished=True)
    _show_caption()
    _show_curves(made.card.moments, made.card.epochs)


def _show_live(job: Job, shown: str) -> None:
    """Show the training as it is now; rerun the whole page if its state is no longer the one that is shown."""
    status = run_folders.read_status(job)
    if status.state != shown:
        st.rerun()
    try:
        steps = run_folders.read_steps(job.id, record=GanFigures)
        epochs = generator_job.read_plan(job.settings).config.epochs
    except ValueError as error:
        st.warning(str(error))
        return
    jobs.show_state(job, status, lambda: _describe_progress(epochs, steps))
    frames = generators.snapshot_frames(job)
    if steps:
        st.markdown(f"**{describe_duel(steps)}**")
    if frames:
        player(frames, key="made growth", run=job.id, look=SNAPSHOTS, finished=not status.active)
        _show_caption()
    if steps:
        so_far = _epochs(steps[-1])
        # Room for what comes, but the first epochs must not be too narrow.
        _show_curves(steps, min(epochs, max(1, ceil(1.5 * so_far))) if status.active else ceil(so_far))


def describe_duel(steps: list[dict[str, Any]]) -> str:
    """Return a sentence: how many of the digits that the generator makes now the discriminator recognises."""
    last = steps[-1]
    return (
        f"After {_epochs(last):.3g} epochs, the discriminator recognises {last['found_made']:.0f} % of the made digits "
        f"and {last['found_real']:.0f} % of the real digits; 50 % would be guessing."
    )


def _describe_progress(epochs: int, steps: list[dict[str, Any]]) -> tuple[float, str]:
    """Return the share of the training that is done, and the time that is left."""
    done = _epochs(steps[-1]) / epochs if steps else 0.0
    if not done:
        return 0.0, "Loading the digits ..."
    return min(1.0, done), f"{steps[-1]['seconds'] * (1 - done) / done:.0f} s left"


def _show_caption() -> None:
    show_caption("made_digits", "Training")


def _show_curves(steps: list[dict[str, Any]], end: int) -> None:
    """Show both losses and how often the discriminator is right; the charts end at the epoch `end`."""
    at = list(map(_epochs, steps))
    losses = [
        Curve(f"{name}'s loss", color, at, [step[f"{name}_loss"] for step in steps]) for name, color in LOSSES.items()
    ]
    found = [
        Curve(name, color, at, [step[field] for step in steps])
        for (name, color), field in zip(FOUND.items(), ("found_real", "found_made"), strict=True)
    ]
    left, right = st.columns(2, gap="medium")
    limits = axis_limits([y for line in losses for y in line.y])
    left.markdown(draw_svg_curves(losses, title="Losses", x_end=end, limits=limits), unsafe_allow_html=True)
    right.markdown(
        draw_svg_curves(found, title="Accuracy of the discriminator", x_end=end, limits=(0.0, 100.0), unit=" %"),
        unsafe_allow_html=True,
    )
    show_caption("made_digits", "Losses")


def _epochs(step: dict[str, Any]) -> float:
    """Return the number of epochs finished at this step, with a fraction."""
    return float(step["epoch"] - 1 + step["batch"] / step["batches"])
