"""Fill in the form of the page "Train" with the settings of a run, to change them and train again."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.jobs import trained_networks, training_job
from core.jobs.run_folders import Job
from core.jobs.training_job import TrainingPlan
from core.networks.architectures import ARCHITECTURES, Architecture
from core.networks.composing import Block, decompose
from dashboard import address
from dashboard.train import form
from dashboard.train.form import Settings
from dashboard.train.setup_views import SET_UP, VIEW

BLOCK_OPTIONS = {  # part of a block -> end of the name of its option
    "filters": "filters",
    "size": "size",
    "stride": "stride",
    "padding": "padding",
    "dilation": "dilation",
    "activation": "activation",
    "norm": "batch-norm",
    "pool": "pooling",
    "pool_size": "pool-size",
    "drop": "drop",
}


def open_form(job: Job, changes: Mapping[str, Any] = {}) -> None:  # noqa: B006 (only read)
    """Open the form with the settings of this run; `changes` replaces some. Raises ValueError if it cannot show them.

    `changes` has the names of `training_job.TrainingPlan`, with `config` for those of `TrainConfig`.
    """
    settings = job.settings
    config = {**settings.get("config", {}), **changes.get("config", {})}
    plan = training_job.read_plan({**settings, **changes, "config": config})
    for option, value in to_options(plan).items():
        address.change(form.key(option), value)
    address.change(form.key("title"), job.title)
    st.session_state[form.COPIED] = job.title
    address.change(VIEW, SET_UP)


def to_options(plan: TrainingPlan) -> Settings:
    """Return the value of every option of the form, but for the title. Raises ValueError if it cannot show the plan."""
    return {
        **_to_network_options(plan),
        "frozen": list(plan.frozen),
        "frozen-biases": plan.frozen_biases,
        "reset": list(plan.reset),
        "inversion": plan.inversion or form.KEEP,
        "dataset": plan.dataset,
        "share": min(form.SHARES, key=lambda share: abs(share - 100 * plan.share)),
        "held-out": plan.validation is not None,
        **form.to_config_options(plan.config),
    }


def _to_network_options(plan: TrainingPlan) -> Settings:
    if plan.start is not None:
        return {"start": _find_start(plan.start)}
    if plan.architecture is None:
        raise ValueError("The settings of this run name no network.")
    name = plan.architecture.name
    if name in ARCHITECTURES and _is_same(ARCHITECTURES[name], plan.architecture):
        return {"start": form.SCRATCH, "network": name}
    return {"start": form.SCRATCH, "network": form.OWN, **_to_block_options(plan.architecture)}


def _find_start(start: str) -> str:
    """Return the network's name in the form, from the name or the id of the run that settings have."""
    for name in form.starting_networks():
        if start in (name, trained_networks.run_id_of(name)):
            return name
    raise ValueError("The network that this training started from is no longer here.")


def _is_same(one: Architecture, other: Architecture) -> bool:
    """Say whether two architectures differ at most in the number of classes, which follows from the data set."""
    parts = ("features", "hidden", "dropout", "activation")
    return all(getattr(one, part) == getattr(other, part) for part in parts)


def _to_block_options(architecture: Architecture) -> Settings:
    blocks = decompose(architecture)
    if blocks is None or len(architecture.hidden) > 1:
        raise ValueError("The form cannot show the network of this run.")
    hidden = architecture.hidden[0] if architecture.hidden else 0
    options: Settings = {"blocks": len(blocks), "hidden": hidden, "dropout": architecture.dropout}
    for number, block in enumerate(blocks, 1):
        options |= _to_options_of(block, number)
    return options


def _to_options_of(block: Block, number: int) -> Settings:
    return {f"block-{number}-{option}": getattr(block, part) for part, option in BLOCK_OPTIONS.items()}
