"""The inputs of an optimisation: networks, a preset with its settings, and stages."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st
from torch import Tensor

from core.digits.datasets import Dataset
from core.maximization.loop import MAX_STEPS, PRESETS, MaximizationConfig
from core.maximization.parameterizations import PARAMETERIZATIONS
from core.maximization.regularizers import BLURS
from core.maximization.stage_outputs import LOGITS
from core.networks.classifier import Classifier
from core.system.checkpoint_files import CheckpointError
from core.zoo.checkpoints import Card, without_restoring
from dashboard import address
from dashboard.server import caches
from dashboard.widgets import networks as network_inputs
from dashboard.widgets.texts import read_note

ASSIGNMENT, SHRINKING, WHITE = "as in the assignment", "shrinking blur", "white on black"
GRADIENT = "nothing but the gradient"
PRESET_TEXTS = {
    ASSIGNMENT: read_note("maximize", "as in the assignment"),
    SHRINKING: read_note("maximize", "shrinking blur"),
    WHITE: read_note("maximize", "white on black"),
    "frequencies": read_note("maximize", "frequencies"),
    "magnitude-constrained": read_note("maximize", "magnitude-constrained"),
    GRADIENT: read_note("maximize", "nothing but the gradient"),
}
MAX_STARTS = 9
Shapes = Mapping[str, tuple[int, int, int]]


def choose_differentiable_network(zoo: Mapping[str, Card], first: str, **more: Any) -> str:
    """Draw the networks whose gradients reach the pixels; return the chosen one's name, "" if there is none."""
    return network_inputs.choose_network(without_restoring(zoo), first=first, **more)


def choose_differentiable_networks(zoo: Mapping[str, Card], key: str, first: Sequence[str]) -> list[str]:
    """Draw a choice of several networks; return their names, at least one if there is any."""
    networks = without_restoring(zoo)
    known = [name for name in first if name in networks]
    return network_inputs.choose_any(networks, name="by", key=key, first=known) or known[:1] or list(networks)[:1]


def load_classifiers(names: Sequence[str], data: Dataset) -> dict[str, Classifier]:
    """Return the networks by name; a sentence names each that cannot be loaded."""
    networks = {}
    for name in filter(None, names):
        try:
            networks[name] = caches.classifier(name, data.name)
        except CheckpointError as error:
            st.warning(str(error))
    return networks


def load_magnitude(data: Dataset, *configs: MaximizationConfig) -> Tensor | None:
    """Return the mean Fourier magnitude of the training digits where one of the settings keeps it fixed."""
    needed = any(config.parameterization == "phase" for config in configs)
    return caches.mean_magnitude(data.name) if needed else None


def choose_settings(key: str, first: str, *, several: bool = False, **changes: Any) -> MaximizationConfig:
    """Draw the presets and all settings, and return the settings. Each preset keeps what was changed in it.

    `changes` replace settings of every preset; with `several` there may be more than one start.
    """
    preset = address.selectbox("preset", "Optimisation method", list(PRESETS), first, key=f"{key} preset", always=True)
    st.caption(PRESET_TEXTS[preset])
    with st.popover("Details", width="stretch"):
        return _edit(replace(PRESETS[preset], **changes), f"{key} {preset}", starts=several)


def choose_methods() -> dict[str, MaximizationConfig]:
    """Draw which presets are compared, at first the two blurs; return their settings, of one seed and length."""
    chosen = address.several_pills(
        "methods",
        "Optimisation methods",
        list(PRESETS),
        (ASSIGNMENT, SHRINKING),
        key="methods compared",
        wrap=True,
        format_func=method_title,
    )
    steps = address.number_input("steps", "Steps", 1, MAX_STEPS, MaximizationConfig.steps, key="methods steps")
    seed = address.number_input("seed", "Seed", 0, 10**9, 0, key="methods seed")
    return {preset: replace(PRESETS[preset], steps=steps, seed=seed) for preset in chosen or (ASSIGNMENT, SHRINKING)}


def method_title(preset: str) -> str:
    """Return a preset's name beside others: short, and for the assignment's what sets it apart."""
    return {ASSIGNMENT: "growing blur", GRADIENT: "gradient alone"}.get(preset, preset)


def _edit(config: MaximizationConfig, key: str, *, starts: bool) -> MaximizationConfig:
    """Draw every setting, within its limits; return the changed configuration."""

    def number(label: str, name: str, low: float, high: float, step: float, *, scale: float = 1.0) -> float:
        first = float(getattr(config, name)) * scale
        part = name.replace("_", "-")
        return address.number_input(part, label, low, high, first, step, key=f"{key} {name}", format="%g") / scale

    def whole(label: str, name: str, low: int, high: int) -> int:
        return address.number_input(name, label, low, high, int(getattr(config, name)), key=f"{key} {name}")

    def one_of(label: str, name: str, options: Sequence[str]) -> str:
        return address.segmented_control(name, label, options, getattr(config, name), key=f"{key} {name}")

    values: dict[str, Any] = {}
    left, right = st.columns(2)
    with left:
        values["steps"] = whole("Steps", "steps", 1, MAX_STEPS)
        values["seed"] = whole("Seed", "seed", 0, 10**9)
        if starts:
            values["starts"] = whole("Starts", "starts", 1, MAX_STARTS)
        values["jitter"] = whole("Jitter, pixels", "jitter", 0, 6)
        values["step_size"] = number("Step size, grey values", "step_size", 0.1, 60.0, 0.5, scale=255)
    with right:
        values["noise"] = number("Noise, grey values", "noise", 0.0, 128.0, 5.0, scale=255)
        values["ink"] = number("L1 penalty on ink", "ink", 0.0, 5.0, 0.1)
        values["variation"] = number("Penalty on variation", "variation", 0.0, 5.0, 0.1)
        values["decay"] = number("Decay", "decay", 0.0, 0.1, 1e-4)
        values["widest"] = number("Widest blur, pixels", "widest", 0.0, 8.0, 0.5)
    values["blur"] = one_of("Blur of the gradient", "blur", BLURS)
    values["parameterization"] = one_of("What is optimised", "parameterization", list(PARAMETERIZATIONS))
    return replace(config, **values)


def choose_stage(network: Classifier, shapes: Shapes, *, key: str, maps: bool = False) -> str:
    """Draw the stages whose units can be maximised; return the chosen one (default: the last pooling)."""
    stages = _list_stages(network, shapes, maps=maps)
    pooled = [stage for stage in stages if stage.startswith(("pool", "mean_pool"))]
    return address.selectbox(
        "stage",
        "Stage",
        stages,
        (pooled or stages)[-1],
        key=key,
        always=True,
        format_func=lambda stage: _describe_stage(stage, shapes),
    )


def _list_stages(network: Classifier, shapes: Shapes, *, maps: bool) -> list[str]:
    """Return the names of the stages whose units can be maximised; with `maps` only those that have maps.

    Left out are stages that repeat another one: the flattened maps, and "inverted" in a network that inverts nothing.
    """
    left_out = {"normalize", "flatten", LOGITS} | (set() if inverts(network) else {"inverted"})
    found = [name for name, (_, rows, _) in shapes.items() if name not in left_out and (rows > 1 or not maps)]
    return found or [name for name in shapes if name != LOGITS][-1:]


def inverts(network: Classifier) -> bool:
    """Say whether the network's head reads inverted features."""
    return getattr(network.inversion, "name", "identity") != "identity"


def _describe_stage(name: str, shapes: Shapes) -> str:
    """Return a stage's name and size, as text."""
    maps, rows, columns = shapes[name]
    return f"{name} · {maps} maps of {rows}×{columns}" if rows > 1 else f"{name} · {maps} units"
