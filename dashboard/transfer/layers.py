"""Which network's layers: one of ours, or VGG16 where its weights are on this machine; and learning from them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import streamlit as st
import torch

from core.digits.datasets import Dataset
from core.transfer.backbones import Backbone, FeatureStep, extract_features, own_backbone
from core.transfer.classification import ClassificationResult, fit_logistic_regression
from core.transfer.tasks import Task
from core.transfer.vgg16_weights import WeightsError, find_weights
from dashboard import address
from dashboard.address.kinds import TEXT
from dashboard.server import caches, locks
from dashboard.server.caches import Zoo
from dashboard.transfer import cached
from dashboard.widgets.maps import choose_network
from dashboard.widgets.progress import with_progress

OURS, VGG = "one of ours", "VGG16"
NETWORK = "transfer network"  # the key of its widget
SECONDS = 0.5  # that VGG16 takes for a picture on one core of a usual machine
MISSING = (
    "VGG16's weights are not on this machine, so there is nothing pretrained to look with. The view **VGG16** says how "
    "to get them; until then, *one of ours* goes the same way with layers that have learned from digits."
)


def choose_backbone(data: Dataset, zoo: Zoo) -> Backbone | None:
    """Let people choose whose layers look at the pictures; None, and a sentence, while these cannot be used."""
    which = address.segmented_control("layers", "Layers of", [OURS, VGG])
    if which == VGG:
        address.hold("network", TEXT, "standard", key=NETWORK, group="networks")
        return _choose_vgg()
    name, network = choose_network(data, zoo, first="standard", key=NETWORK)
    if network is None:
        return None
    cards = zoo | caches.own_networks()
    return own_backbone(cards[name].title, network)


def _choose_vgg() -> Backbone | None:
    try:
        found = find_vgg()
    except WeightsError as error:
        st.warning(str(error))
        return None
    if found is None:
        st.info(MISSING)
    else:
        st.caption(f"{found.title}: it has learned from {found.origin}.")
    return found


def find_vgg() -> Backbone | None:
    """Return VGG16 with the weights that are on this machine, None without them. Raises WeightsError."""
    path = find_weights()
    return None if path is None else cached.vgg16(path, path.stat().st_mtime)


def name_of(backbone: Backbone) -> str:
    """Return what tells a network from the others, whatever they are called."""
    own: str = st.session_state.get(NETWORK) or ""
    return own if backbone.channels == 1 else backbone.origin


def learn(task: Task, backbone: Backbone, layer: str) -> ClassificationResult | None:
    """Return what can be learned from a layer: at once with our own, after a click with VGG16, which takes long."""
    about = ("transfer", task.digest, name_of(backbone), layer)
    if backbone.channels == 1:
        return cached.outcome(task.digest, name_of(backbone), layer, task, backbone)
    outcomes: dict[Any, ClassificationResult] = st.session_state.setdefault("transfer outcomes", {})
    if about not in outcomes:
        count = len(task.pixels)
        if not st.button(
            f"Look at all {count} pictures (about {count * SECONDS:.0f} seconds)",
            type="primary",
            key=f"transfer look {layer}",
        ):
            return None
        steps = with_progress(_in_turn(extract_features(backbone, task.pixels, layer)), -(-count // 4), "Looking ...")
        outcomes[about] = fit_logistic_regression(torch.cat([step.features for step in steps]), task)
        st.rerun()  # now without the button
    return outcomes[about]


def _in_turn(steps: Iterator[FeatureStep]) -> Iterator[FeatureStep]:
    """Take each step while nobody else works something out: visitors then share processor and memory."""
    while True:
        with locks.LONG:
            step = next(steps, None)
        if step is None:
            return
        yield step
