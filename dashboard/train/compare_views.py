"""The view "Compare" of the page "Train": the learning curves of several runs, and their time against accuracy."""

import pandas as pd
import streamlit as st

from core.digits.datasets import Dataset
from core.jobs import run_folders, training_report
from core.jobs.run_folders import Job
from core.jobs.training_job import NETWORK_NAME
from core.jobs.training_report import CurvePoint, Record
from core.visualization.figures import Curve
from core.visualization.training import RUN_COLORS, draw_runs
from core.zoo import checkpoints
from core.zoo.checkpoints import CheckpointError
from dashboard import address
from dashboard.server.caches import Zoo
from dashboard.server.session import Session
from dashboard.widgets.charts import PLAIN
from dashboard.widgets.jobs import my_jobs

RUNS = "train runs"  # the key of the choice of runs
TARGETS = (95.0, 98.0)  # validation accuracy, percent
MAX_SHOWN = len(RUN_COLORS)
KINDS = {"accuracy": "read right, %", "error": "error (cross-entropy)"}


def show_comparison(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show the learning curves of the chosen runs, and the time and accuracy of each."""
    found = {job.id: job for job in my_jobs("train")}
    steps: dict[str, list[Record]] = {name: list(run_folders.read_steps(name)) for name in found}
    ready = [name for name in found if training_report.summarize_run(steps[name]) is not None]
    if not ready:
        st.info("As soon as one epoch of a training is finished, its curve appears here.")
        return
    chosen = _choose_runs({name: found[name].title for name in ready})
    shown = {name: steps[name] for name in chosen[:MAX_SHOWN]}
    _show_curves(shown, {name: found[name].title for name in shown})
    if shown:
        st.table(to_table({name: found[name] for name in shown}, shown))
        st.caption(
            "Seconds of learning and validating on this machine, which other work may slow down. What is a "
            "beginning worth? Train on few digits from scratch, from a trained network, and with its convolutions "
            "frozen."
        )


def _choose_runs(titles: dict[str, str]) -> list[str]:
    """Draw the choice of several runs, at first the newest three; return their ids."""
    first = st.session_state.get(RUNS, list(titles)[:3])
    st.session_state[RUNS] = [name for name in first if name in titles]
    return st.pills(
        "Runs",
        list(titles),
        selection_mode="multi",
        key=RUNS,
        persist_state="session",
        wrap=True,
        format_func=titles.__getitem__,
        label_visibility="collapsed",
    )


def _show_curves(steps: dict[str, list[Record]], titles: dict[str, str]) -> None:
    """Draw the choice of the curve and its axis, and show it for every run."""
    with st.container(horizontal=True):
        kind = address.segmented_control("show", "Show", list(KINDS), "accuracy", key="train kind")
        axis = address.segmented_control("over", "over", ["epochs", "seconds"], key="train axis")
    if not steps:
        return
    figure = draw_runs(
        to_lines(steps, titles, f"validation {kind}", axis),
        x_title=axis,
        y_title=KINDS[kind],
        beside=to_lines(steps, titles, f"training {kind}", axis),
    )
    st.plotly_chart(figure, width="stretch", config=PLAIN)
    st.caption(
        "Solid: validation digits, after each epoch. Dotted: what it learns from, the mean of the epoch; "
        "how far the dotted line runs away from the solid one is how much a network overfits."
    )


def to_lines(steps: dict[str, list[Record]], titles: dict[str, str], curve: str, axis: str) -> list[Curve]:
    """Return a curve for each run, with a point for each epoch; `axis` is "epochs" or "seconds"."""
    lines = []
    for color, (name, found) in zip(RUN_COLORS, steps.items(), strict=False):
        points = (
            training_report.learning_curve(found, curve)
            if "validation" in curve
            else training_report.mean_per_epoch(found, curve)
        )
        x, y = [_x(point, axis) for point in points], [point.value for point in points]
        lines.append(Curve(titles[name], color, x, y, dots=True))
    return lines


def _x(point: CurvePoint, axis: str) -> float:
    return point.epochs if axis == "epochs" else point.seconds


def to_table(found: dict[str, Job], steps: dict[str, list[Record]]) -> pd.DataFrame:
    """Return the table of time against accuracy, a row for each run that has finished an epoch."""
    rows = []
    for name, job in found.items():
        result = training_report.summarize_run(steps[name], _test_accuracy(job))
        if result is None:
            continue
        times = {
            f"time to {target:g} %": training_report.seconds_to_accuracy(steps[name], target) for target in TARGETS
        }
        rows.append(
            {
                "run": job.title,
                "begins from": _describe_start(job),
                "epochs": str(result.epochs),
                "time": f"{result.seconds:.0f} s",
                "an epoch": f"{result.seconds / result.epochs:.1f} s",
                **{title: "–" if seconds is None else f"{seconds:.0f} s" for title, seconds in times.items()},
                "validation": f"{result.validation:.2f} %",
                "test": "–" if result.test is None else f"{result.test:.2f} %",
                "gap": f"{result.gap:+.1f}",
            }
        )
    return pd.DataFrame(rows).set_index("run")


def _describe_start(job: Job) -> str:
    settings = job.settings
    if settings.get("start") is None:
        return "scratch"
    return "frozen" if settings.get("frozen") else "refined"


def _test_accuracy(job: Job) -> float | None:
    try:
        return checkpoints.load_card(NETWORK_NAME, job.folder).accuracies().get("whole")
    except CheckpointError:
        return None
