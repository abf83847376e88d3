"""What each stage of a network does while it learns, on the page "Train": only for those who choose to see it."""

from collections.abc import Sequence
from contextlib import suppress

import streamlit as st

from core.jobs import control, run_folders
from core.jobs.run_folders import Job, JobError, Status
from core.jobs.training_report import Record
from core.jobs.watched_stages import StageHistory, collect_stages, describe_gradients
from core.visualization.training_stages import StageCurves, draw_stages
from dashboard.train.curve_views import end_of_axis
from dashboard.widgets.texts import read_note, show_caption

CHOSEN = "train stages"  # key of the choice
IN_A_ROW = 3  # charts


def show_stages(job: Job, status: Status, steps: Sequence[Record], epochs: int) -> None:
    """Draw the choice and, if it is chosen, let a training of so many epochs record its stages, and show them."""
    if not st.checkbox("Show what each stage does", key=CHOSEN, persist_state="session"):
        return
    if status.active and not run_folders.read_request(job).stages:
        with suppress(JobError):  # it has ended just now
            control.watch_stages(job.id)
    try:
        histories = collect_stages(steps)
    except ValueError as error:  # a record is damaged
        st.warning(str(error))
        return
    if not histories:
        st.caption(read_note("train", "Stages to come") if status.active else read_note("train", "No stages"))
        return
    st.markdown(f"**{describe_gradients([one.now for one in histories])}**")
    charts = draw_stages([_to_curves(one) for one in histories], x_end=end_of_axis(steps, epochs))
    for first in range(0, len(charts), IN_A_ROW):
        for place, chart in zip(st.columns(IN_A_ROW), charts[first : first + IN_A_ROW], strict=False):
            place.markdown(chart, unsafe_allow_html=True)
    show_caption("train", "Stages")


def _to_curves(one: StageHistory) -> StageCurves:
    gradients = [figures.gradient for figures in one.figures if figures.gradient is not None]
    return StageCurves(
        title=_name(one),
        epochs=one.epochs,
        activations=[figures.activation for figures in one.figures],
        gradients=gradients if len(gradients) == len(one.figures) else [],
    )


def _name(one: StageHistory) -> str:
    state = "frozen" if one.now.gradient is None else ""
    dead = "" if one.now.dead is None else f"{one.now.dead:.0f} % dead units"
    return " · ".join(part for part in (one.stage, state, dead) if part)
