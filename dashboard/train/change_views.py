"""The settings of a training that may be changed while it runs: the form, and the list of what was changed when."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import streamlit as st

from core.digits import datasets
from core.jobs import control, run_folders, training_job
from core.jobs.run_folders import Job
from core.jobs.training_changes import AppliedChange, load_changes
from core.jobs.training_job import TrainingPlan
from core.networks.architectures import Architecture
from core.networks.classifier import summarize
from core.training.changes import TrainingChanges
from dashboard.train import form
from dashboard.widgets import jobs
from dashboard.widgets.texts import read_note

TITLES = {
    "learning_rate": "learning rate",
    "momentum": "momentum",
    "batch": "batch size",
    "l2": "L2",
    "penalty": "penalty",
    "dropout": "dropout",
    "frozen": "frozen layers",
}
DEFERRED = ("batch", "frozen")  # they wait for the next epoch
Values = Mapping[str, Any]


def current_plan(job: Job) -> TrainingPlan:
    """Return the plan of a run with what was changed last. Raises ValueError for damaged settings."""
    return training_job.with_changes(training_job.read_plan(job.settings), run_folders.read_request(job).changes)


def resume_with(job: Job, rate: float) -> None:
    """Resume a training with another learning rate. Raises JobError."""
    control.change(job.id, replace(run_folders.read_request(job).changes, learning_rate=rate))
    control.resume(job.id)


def show_form(job: Job) -> None:
    """Draw the settings as they are now, to change them, and the button that does it."""
    try:
        current = _current_values(job)
        chosen = _choose_values(job, current)
    except ValueError as error:  # what it starts from is gone
        st.warning(str(error))
        return
    st.caption(read_note("train", "Changes"))
    if st.button("Apply", key="apply changes", type="primary"):
        jobs.attempt(_apply, job, {name: value for name, value in chosen.items() if value != current[name]})


def _apply(job: Job, changed: Values) -> None:
    control.change(job.id, replace(run_folders.read_request(job).changes, **changed))


def _current_values(job: Job) -> dict[str, Any]:
    """Return the value of each setting that this training has: momentum only with SGD, dropout only with its layers."""
    plan, changes = current_plan(job), run_folders.read_request(job).changes
    values = {name: getattr(plan.config, name) for name in ("learning_rate", "momentum", "batch", "l2", "penalty")}
    if plan.config.optimizer != "sgd":
        del values["momentum"]
    built = _find_architecture(plan)
    rates = [stage.rate for stage in built.features if stage.kind == "drop"] + [built.dropout] * bool(built.hidden)
    if any(rates):
        values["dropout"] = max(rates) if changes.dropout is None else changes.dropout
    return {**values, "frozen": plan.frozen}


def _choose_values(job: Job, current: Values) -> dict[str, Any]:
    chosen: dict[str, Any] = {}
    places = st.columns(2)
    for number, (name, value) in enumerate(current.items()):
        label, key = TITLES[name][0].upper() + TITLES[name][1:], f"change {name} {job.id}"
        if name == "frozen":
            chosen[name] = _choose_frozen(job, label, key, value)
        elif name == "batch":
            chosen[name] = places[number % 2].number_input(label, 1, value=value, step=1, key=key)
        else:
            chosen[name] = places[number % 2].number_input(label, value=float(value), format="%g", step=0.001, key=key)
    return chosen


def _choose_frozen(job: Job, label: str, key: str, frozen: tuple[str, ...]) -> tuple[str, ...]:
    built = _find_architecture(training_job.read_plan(job.settings))
    stages = ["features", *(row.stage for row in summarize(built) if row.parameters)]
    options = list(dict.fromkeys([*stages, *frozen]))
    return tuple(st.multiselect(label, options, default=list(frozen), key=key, format_func=_title_of))


def _find_architecture(plan: TrainingPlan) -> Architecture:
    return training_job.find_architecture(plan, len(datasets.classes_of(plan.dataset) or ()))


def _title_of(stage: str) -> str:
    return form.GROUPS.get(stage, stage)


def show_changes(job: Job) -> None:
    """List what was changed while the network learned, and from which batch on; nothing if nothing was."""
    try:
        changed = load_changes(job.folder)
    except ValueError as error:
        st.warning(str(error))
        return
    if changed:
        before = [TrainingChanges(), *(one.changes for one in changed)]
        lines = [f"- {describe(one, last)}" for one, last in zip(changed, before, strict=False)]
        st.markdown("**Changed while it learned**\n\n" + "\n".join(lines))


def describe(change: AppliedChange, before: TrainingChanges) -> str:
    """Return a sentence: what was changed, and from when on."""
    names = [one.name for one in fields(before) if getattr(before, one.name) != getattr(change.changes, one.name)]
    said = [_describe_value(name, getattr(change.changes, name), change) for name in names]
    return f"From batch {change.batch + 1} of epoch {change.epoch}: {', '.join(said)}."


def _describe_value(name: str, value: Any, change: AppliedChange) -> str:
    if value is None:
        said = "as set up"
    elif name == "frozen":
        said = ", ".join(map(_title_of, value)) or "none"
    else:
        said = f"{value:g}"
    later = f" (from epoch {change.epoch + 1})" if name in DEFERRED and change.batch else ""
    return f"{TITLES[name]} {said}{later}"
