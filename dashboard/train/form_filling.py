"""Fill in the form of the page "Train" with the settings of a run, to change them and train again."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import streamlit as st

from core.jobs import trained_networks, training_job
from core.jobs.run_folders import Job
from core.jobs.training_job import TrainingPlan
from core.networks.architectures import ARCHITECTURES, Architecture
from core.networks.composing import Block, decompose
from core.training.config import TrainConfig
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
TITLES = {  # of settings that the form cannot show, or not every value of
    "alternate": "alternating inversions",
    "slow_epochs": "slow last epochs",
    "attacked": "share of attacked digits",
    "share": "share of the training digits",
    "validation": "share of the validation digits",
    "seed": "seed of the first weights",
}


def open_form(job: Job, changes: Mapping[str, Any] = {}) -> None:  # noqa: B006 (only read)
    """Open the form with the settings of this run; `changes` replaces some.

    The form says which settings it cannot show. Raises ValueError if it cannot show the network.
    `changes` has the names of `training_job.TrainingPlan`, with `config` for those of `TrainConfig`.
    """
    settings = job.settings
    config = {**settings.get("config", {}), **changes.get("config", {})}
    plan = training_job.read_plan({**settings, **changes, "config": config})
    options = to_options(plan)
    for option, value in options.items():
        address.change(form.key(option), value)
    address.change(form.key("title"), job.title)
    st.session_state[form.COPIED] = _describe(job, find_unshown(plan, options))
    address.change(VIEW, SET_UP)


def _describe(job: Job, unshown: list[str]) -> str:
    said = f"The settings of *{job.title}*, for you to change. Another experiment replaces them."
    return said + (f" **The form cannot show all of them.** These differ now: {', '.join(unshown)}." if unshown else "")


def find_unshown(plan: TrainingPlan, options: Settings) -> list[str]:
    """Return the titles of the settings that a training with these options of the form would not have."""
    config = form.to_config_options(plan.config)
    shown = replace(
        plan,
        config=TrainConfig(**{option.replace("-", "_"): value for option, value in config.items()}),
        share=options["share"] / 100,
        validation=0.1 if options["held-out"] else None,
        seed=plan.config.seed,
    )
    differing = [*_find_differing(plan.config, shown.config), *_find_differing(plan, shown)]
    return [TITLES.get(name, name) for name in differing if name not in ("config", "report_every")]


def _find_differing(one: TrainConfig | TrainingPlan, other: TrainConfig | TrainingPlan) -> list[str]:
    return [part.name for part in fields(one) if getattr(one, part.name) != getattr(other, part.name)]


def to_options(plan: TrainingPlan) -> Settings:
    """Return the value of every option of the form, but for the title. Raises ValueError if it cannot show the network.

    Shares are the nearest that the form has.
    """
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
