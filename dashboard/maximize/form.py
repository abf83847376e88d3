"""What people choose before a climb: the network, the preset and its settings, the stage and what of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from core.digits.datasets import Dataset
from core.maximization.loop import MOST_STEPS, PRESETS, MaximizationConfig
from core.maximization.parameterizations import PARAMETERIZATIONS
from core.maximization.regularizers import BLURS
from core.maximization.stage_outputs import LOGITS
from core.networks.classifier import Classifier
from core.zoo.checkpoints import Card, CheckpointError, without_restoring
from dashboard import address
from dashboard.server import caches
from dashboard.widgets import networks as network_inputs

ASSIGNMENT, WHITE = "as in the assignment", "white on black"
ABOUT = {
    ASSIGNMENT: "The gradient is blurred more and more (4k/(steps + 0.5) pixels), so the picture ends soft.",
    "shrinking blur": "The blur shrinks instead, as is usual: first the large shapes, then the edges.",
    WHITE: "Ink costs something and so does variation, and the picture trembles: strokes on an empty ground remain.",
    "frequencies": "Not pixels move but waves, the long ones farthest; nothing is blurred.",
    "nothing but the gradient": "No blur, no decay: what pleases the network need not look like anything.",
}
MOST_STARTS = 9
Shapes = Mapping[str, tuple[int, int, int]]


def choose_network(zoo: Mapping[str, Card], first: str, **more: Any) -> str:
    """Draw a list of the networks whose gradients lead to the pixels; return the name, "" where there is none."""
    return network_inputs.choose_network(without_restoring(zoo), first=first, **more)


def choose_networks(zoo: Mapping[str, Card], key: str, first: Sequence[str]) -> list[str]:
    """Draw several networks; return the names of at least one, if there is any."""
    networks = without_restoring(zoo)
    known = [name for name in first if name in networks]
    return network_inputs.choose_any(networks, name="by", key=key, first=known) or known[:1] or list(networks)[:1]


def load_classifiers(names: Sequence[str], data: Dataset) -> dict[str, Classifier]:
    """Return the networks by name, and say in a sentence which of them cannot be used."""
    networks = {}
    for name in filter(None, names):
        try:
            networks[name] = caches.classifier(name, data.name)
        except CheckpointError as error:
            st.warning(str(error))
    return networks


def choose_settings(key: str, first: str, *, several: bool = False, **changes: Any) -> MaximizationConfig:
    """Let people choose a preset, and change anything about it; every preset keeps its own changes.

    `changes` are made to every preset beforehand; `several`: whether there may be more than one start.
    """
    preset = address.selectbox("preset", "How it climbs", list(PRESETS), first, key=f"{key} preset", always=True)
    st.caption(ABOUT[preset])
    with st.popover("All settings", width="stretch"):
        return _change(replace(PRESETS[preset], **changes), f"{key} {preset}", starts=several)


def _change(config: MaximizationConfig, key: str, *, starts: bool) -> MaximizationConfig:
    """Let people change every setting. Widgets know their limits, so nothing that makes no sense comes out of them."""

    def number(label: str, name: str, low: float, high: float, step: float, *, scale: float = 1.0) -> float:
        first = float(getattr(config, name)) * scale
        part = name.replace("_", "-")
        return address.number_input(part, label, low, high, first, step, key=f"{key} {name}", format="%g") / scale

    def whole(label: str, name: str, low: int, high: int) -> int:
        return address.number_input(name, label, low, high, int(getattr(config, name)), key=f"{key} {name}")

    def one_of(label: str, name: str, options: Sequence[str]) -> str:
        return address.segmented_control(name, label, options, getattr(config, name), key=f"{key} {name}")

    left, right = st.columns(2)
    with left:
        counted = {"steps": whole("Steps", "steps", 1, MOST_STEPS), "seed": whole("Seed of noise", "seed", 0, 10**9)}
        counted |= {"starts": whole("Different noises", "starts", 1, MOST_STARTS)} if starts else {}
        counted |= {"jitter": whole("Jitter, pixels", "jitter", 0, 6)}
        size = number("Step, grey values", "step_size", 0.1, 60.0, 0.5, scale=255)
    with right:
        noise = number("Noise, grey values", "noise", 0.0, 128.0, 5.0, scale=255)
        ink = number("L1: ink costs", "ink", 0.0, 5.0, 0.1)
        variation = number("Variation costs", "variation", 0.0, 5.0, 0.1)
        decay = number("Decay", "decay", 0.0, 0.1, 1e-4)
        widest = number("Widest blur, pixels", "widest", 0.0, 8.0, 0.5)
    kind = one_of("Blur of the gradient", "blur", BLURS)
    moves = one_of("What moves", "parameterization", list(PARAMETERIZATIONS))
    return replace(
        config,
        **counted,
        step_size=size,
        noise=noise,
        ink=ink,
        variation=variation,
        decay=decay,
        widest=widest,
        blur=kind,
        parameterization=moves,
    )


def stages_of(network: Classifier, shapes: Shapes, *, maps: bool) -> list[str]:
    """Return the stages that can be climbed; with `maps` only those that have maps.

    Left out is what would be there twice: the flattened maps, and features that nothing inverts.
    """
    left_out = {"normalize", "flatten", LOGITS} | (set() if inverts(network) else {"inverted"})
    found = [name for name, (_, rows, _) in shapes.items() if name not in left_out and (rows > 1 or not maps)]
    return found or [name for name in shapes if name != LOGITS][-1:]


def inverts(network: Classifier) -> bool:
    """Say whether the network's head reads features turned over."""
    return getattr(network.inversion, "name", "identity") != "identity"


def describe_stage(name: str, shapes: Shapes) -> str:
    """Return a stage's name with its size."""
    maps, rows, columns = shapes[name]
    return f"{name} · {maps} maps of {rows}×{columns}" if rows > 1 else f"{name} · {maps} units"
