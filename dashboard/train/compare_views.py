"""The view "Compare" of the page "Train": the learning curves of several runs, and their time against accuracy."""

import pandas as pd
import streamlit as st

from core.digits.datasets import Dataset
from core.jobs import run_folders, training_job, training_report
from core.jobs.run_folders import Job
from core.jobs.run_overview import load_card
from core.jobs.training_report import CurvePoint, Record, TrainingSummary
from core.jobs.watched_digits import WatchedStep
from core.networks.evaluation import WHOLE
from core.system.number_format import format_signed
from core.system.safe_names import to_safe_name
from core.visualization.figures import Curve
from core.visualization.training import RUN_COLORS, draw_runs
from dashboard import address
from dashboard.server.caches import Zoo
from dashboard.server.session import Session
from dashboard.train.recorded import DATASET, recorded_trainings, say_recorded
from dashboard.widgets.charts import show_chart
from dashboard.widgets.jobs import my_jobs
from dashboard.widgets.texts import read_note, read_tip

RUNS = "train runs"  # the key of the choice of runs
TARGETS = (95.0, 98.0)  # validation accuracy, percent
MAX_SHOWN = len(RUN_COLORS)
KINDS = {"accuracy": "accuracy, %", "error": "loss (cross-entropy)"}


def show_comparison(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show the learning curves of the chosen runs on one data set, and the time and accuracy of each."""
    found = {job.id: job for job in my_jobs("train")}
    steps = _read_all(found)
    ready = [name for name in steps if training_report.summarize_run(steps[name]) is not None]
    if not ready:
        _show_recorded()
        st.info("Your curves appear here when your first epoch is finished. These are recorded.")
        return
    tested = _choose_dataset([dataset_of(found[name]) for name in ready])
    ready = [name for name in ready if dataset_of(found[name]) == tested]
    chosen = _choose_runs({name: found[name].title for name in ready}, tested)
    if len(chosen) > MAX_SHOWN:
        st.caption(f"Only the first {MAX_SHOWN} of the {len(chosen)} chosen runs are shown.")
        chosen = chosen[:MAX_SHOWN]
    jobs, shown = {name: found[name] for name in chosen}, {name: steps[name] for name in chosen}
    titles = mark_titles(jobs)
    for validated in dict.fromkeys(map(validation_share, jobs.values())):
        same = {titles[name]: shown[name] for name in shown if validation_share(jobs[name]) == validated}
        st.markdown(f"**{describe_best(same, f'{validated} of {tested}' if len(same) < len(shown) else tested)}**")
    _show_curves(shown, titles, tested)
    if shown:
        st.table(to_table(jobs, shown))
        st.caption(read_note("train", "Times") + " " + read_tip("train", "Compare"))


def _show_recorded() -> None:
    """Compare two recorded trainings."""
    if trainings := recorded_trainings():
        say_recorded(*trainings)
        steps = {training["title"]: training["steps"] for training in trainings}
        st.markdown(f"**{describe_best(steps, DATASET)}**")
        _show_curves(steps, {title: title for title in steps}, DATASET)


def dataset_of(job: Job) -> str:
    """Return the name of the data set of a training."""
    return str(job.settings.get("dataset", "MNIST"))


def _choose_dataset(names: list[str]) -> str:
    """Draw the choice of the data set, if the runs are on several: accuracies on different digits do not compare."""
    options = list(dict.fromkeys(names))
    return address.segmented_control("digits", "Data set", options, key="train digits", shown=len(options) > 1)


def validation_share(job: Job) -> str:
    """Return which share of the training and validation digits a training was validated on."""
    share = training_job.read_plan(job.settings).validation
    return "a sixth" if share is None else f"{100 * share:g} %"


def mark_titles(found: dict[str, Job]) -> dict[str, str]:
    """Return the titles of these runs; where they were validated on different digits, with the share of each."""
    shares = {name: validation_share(job) for name, job in found.items()}
    mixed = len({*shares.values()}) > 1
    return {name: job.title + (f" (validated on {shares[name]})" if mixed else "") for name, job in found.items()}


def describe_best(steps: dict[str, list[Record]], tested: str) -> str:
    """Return a sentence that names the run with the highest validation accuracy."""
    found = {title: training_report.summarize_run(records) for title, records in steps.items()}
    accuracies = {title: result.validation for title, result in found.items() if result is not None}
    best = max(accuracies, key=accuracies.__getitem__)
    return f"{best} has the highest validation accuracy on {tested}: {accuracies[best]:.2f} %."


def _read_all(found: dict[str, Job]) -> dict[str, list[Record]]:
    """Return the records of each run; warn of a run whose records are damaged, and leave it out."""
    steps: dict[str, list[Record]] = {}
    for name, job in found.items():
        try:
            training_job.read_plan(job.settings)
            steps[name] = list(run_folders.read_steps(name, record=WatchedStep))
        except ValueError as error:
            st.warning(f"{to_safe_name(job.title)}: {error}")
    return steps


def _choose_runs(titles: dict[str, str], tested: str) -> list[str]:
    """Draw the choice of several runs, at first the newest three; return their ids."""
    key = f"{RUNS} {tested}"
    first = st.session_state.get(key, list(titles)[:3])
    st.session_state[key] = [name for name in first if name in titles]
    return st.pills(
        "Runs",
        list(titles),
        selection_mode="multi",
        key=key,
        persist_state="session",
        wrap=True,
        format_func=titles.__getitem__,
        label_visibility="collapsed",
    )


def _show_curves(steps: dict[str, list[Record]], titles: dict[str, str], tested: str) -> None:
    """Draw the choice of the curve and its axis, and show it for every run."""
    with st.container(horizontal=True):
        kind = address.segmented_control("show", "Curve", list(KINDS), "accuracy", key="train kind")
        axis = address.segmented_control("over", "Horizontal axis", ["epochs", "seconds"], key="train axis")
    if not steps:
        return
    figure = draw_runs(
        to_lines(steps, titles, f"validation {kind}", axis),
        x_title=axis,
        y_title=KINDS[kind],
        beside=to_lines(steps, titles, f"training {kind}", axis),
    )
    show_chart(figure)
    st.caption(
        f"Solid: validation digits of {tested}, after each epoch. Dotted: training digits, mean of each epoch. The "
        "further the dotted line is above the solid one, the more the network overfits."
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
    """Return the table of time against accuracy, a row for each run that has finished an epoch.

    Accuracies on different digits are in different columns.
    """
    shares = list(dict.fromkeys(map(validation_share, found.values())))
    rows = []
    for name, job in found.items():
        result = training_report.summarize_run(steps[name])
        if result is not None:
            rows.append({"run": job.title, **_times(job, result, steps[name]), **_accuracies(job, result, shares)})
    return pd.DataFrame(rows).set_index("run").fillna("–")


def _times(job: Job, result: TrainingSummary, steps: list[Record]) -> dict[str, str]:
    times = {f"time to {target:g} %": training_report.seconds_to_accuracy(steps, target) for target in TARGETS}
    return {
        "starts from": _describe_start(job),
        "epochs": str(result.epochs),
        "time": f"{result.seconds:.0f} s",
        "per epoch": f"{result.seconds / result.epochs:.1f} s",
        **{title: "–" if seconds is None else f"{seconds:.0f} s" for title, seconds in times.items()},
    }


def _accuracies(job: Job, result: TrainingSummary, shares: list[str]) -> dict[str, str]:
    """Return the accuracies of a run by column; `shares` are those that the runs of the table were validated on."""
    share, card = validation_share(job), load_card(job)
    tested = None if card is None else card.find_measurement("text")
    attacked = training_job.read_plan(job.settings).config.attack != "none"
    found = {f"validation on {one}": "–" for one in shares} if len(shares) > 1 else {}
    found[f"validation on {share}" if found else "validation"] = f"{result.validation:.2f} %"
    if tested is not None and WHOLE in tested.accuracy:
        found[f"test ({tested.digits:,} digits)"] = f"{tested.accuracy[WHOLE]:.2f} %"
        if tested.loss is not None:
            found["test loss"] = f"{tested.loss:.4f}"
    return found | {"gap": "attacked" if attacked else format_signed(result.gap)}


def _describe_start(job: Job) -> str:
    settings = job.settings
    if settings.get("start") is None:
        return "scratch"
    return "trained, frozen" if settings.get("frozen") else "trained"
