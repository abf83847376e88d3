"""What the page "Transfer" loads and computes once for all visitors."""

from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from torch import Tensor

from core.transfer.backbones import Backbone, compute_features, vgg_backbone
from core.transfer.classification import ClassificationResult, fit_classifier
from core.transfer.example_tasks import crops_task, digits_task
from core.transfer.tasks import Task
from core.transfer.vgg16_weights import load_vgg16
from dashboard.server import caches, locks


@st.cache_resource(max_entries=1, show_spinner="Loading VGG16's weights ...")
def vgg16(path: Path, changed: float) -> Backbone:
    """Return VGG16 with the weights of a file; `changed` is the file's time. Raises WeightsError."""
    network, checked = load_vgg16(path)
    return vgg_backbone(network, checked=checked, file=path.name)


@st.cache_resource(show_spinner=False)
def photographs() -> Task:
    """Return the example task on crops of two photographs."""
    return crops_task()


@st.cache_resource(max_entries=20, show_spinner=False)
def digits(data: str, labels: tuple[int, ...]) -> Task:
    """Return the task of telling digits of some classes apart. Raises TaskError."""
    return digits_task(caches.dataset(data), labels)


@st.cache_resource(max_entries=100, show_spinner=False)
def features(name: str, layer: str, picture: NDArray[np.uint8], _backbone: Backbone) -> Tensor:
    """Return a layer's features `(1, n)` of a picture `(H, W, 3)`; `name` tells networks apart."""
    with locks.LONG:
        return compute_features(_backbone, picture[None], layer)


@st.cache_resource(max_entries=100, show_spinner=False)
def classification(
    digest: str, name: str, layer: str, classifier: str, _task: Task, _backbone: Backbone
) -> ClassificationResult:
    """Return the classifier on a layer's features; `digest` and `name` tell tasks and networks apart."""
    with locks.LONG:
        return fit_classifier(compute_features(_backbone, _task.pixels, layer), _task, classifier)
