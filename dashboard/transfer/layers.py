"""Choose the network whose layers give the features, and classify pictures by them."""

from collections.abc import Iterator
from typing import Any

import streamlit as st
import torch

from core.digits.datasets import Dataset
from core.transfer.backbones import Backbone, FeatureStep, extract_features, own_backbone
from core.transfer.classification import ClassificationResult, fit_classifier
from core.transfer.tasks import Task
from core.transfer.vgg16_weights import WeightsError, find_weights
from dashboard import address
from dashboard.address.kinds import TEXT
from dashboard.server import caches, locks
from dashboard.server.caches import Zoo
from dashboard.transfer import cached
from dashboard.widgets.maps import choose_classifier
from dashboard.widgets.progress import with_progress
from dashboard.widgets.texts import read_note

OURS, VGG = "one of ours", "VGG16"
NETWORK = "transfer network"  # key of the widget
SECONDS_PER_PICTURE = 0.5  # of VGG16 on one core of a usual machine


def choose_backbone(data: Dataset, zoo: Zoo) -> Backbone | None:
    """Draw the choice of the network whose layers are used; return None after a sentence if it cannot be loaded."""
    which = address.segmented_control("layers", "Layers of", [OURS, VGG])
    if which == VGG:
        address.hold("network", TEXT, "standard", key=NETWORK, group="networks")
        return _choose_vgg()
    name, network = choose_classifier(data, zoo, first="standard", key=NETWORK)
    if network is None:
        return None
    cards = zoo | caches.own_networks()
    return own_backbone(cards[name].title, network)


def _choose_vgg() -> Backbone | None:
    try:
        found = load_vgg()
    except WeightsError as error:
        st.warning(str(error))
        return None
    if found is None:
        st.info(read_note("transfer", "No weights"))
    else:
        st.caption(f"{found.title}: trained on {found.origin}.")
    return found


def load_vgg() -> Backbone | None:
    """Return VGG16, or None if its weights are not on this machine. Raises WeightsError."""
    path = find_weights()
    return None if path is None else cached.vgg16(path, path.stat().st_mtime)


def network_id(backbone: Backbone) -> str:
    """Return what identifies the network: its name in the zoo, or where VGG16's weights come from."""
    own: str = st.session_state.get(NETWORK) or ""
    return own if backbone.channels == 1 else backbone.origin


def show_classification(task: Task, backbone: Backbone, layer: str, classifier: str) -> ClassificationResult | None:
    """Return the classifier on a layer's features; for VGG16, draw a button and return None before a click."""
    about = ("transfer", task.digest, network_id(backbone), layer, classifier)
    if backbone.channels == 1:
        return cached.classification(task.digest, network_id(backbone), layer, classifier, task, backbone)
    results: dict[Any, ClassificationResult] = st.session_state.setdefault("transfer results", {})
    if about not in results:
        count = len(task.pixels)
        if not st.button(
            f"Compute features of {count} pictures (about {count * SECONDS_PER_PICTURE:.0f} seconds)",
            type="primary",
            key=f"transfer look {layer}",
        ):
            return None
        features = _lock_each_step(extract_features(backbone, task.pixels, layer))
        steps = with_progress(features, -(-count // 4), "Computing features ...")
        results[about] = fit_classifier(torch.cat([step.features for step in steps]), task, classifier)
        st.rerun()  # to remove the button
    return results[about]


def _lock_each_step(steps: Iterator[FeatureStep]) -> Iterator[FeatureStep]:
    """Yield the steps, holding the lock of long computations for one step at a time, so that visitors alternate."""
    while True:
        with locks.LONG:
            step = next(steps, None)
        if step is None:
            return
        yield step
