"""What the page Data sets computes once for all visitors."""

from typing import Literal

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from torch import Tensor

from core.digits import exploration
from core.digits.datasets import Dataset
from core.digits.exploration import ClassPictures
from core.jobs.training_estimate import measure_seconds_per_digit
from core.networks import doubtful_labels
from core.training.presets import FAST_TRAINING, PRESETS
from dashboard.server import caches, locks

Part = Literal["train", "test"]

CROSS_FITTED = 2000  # digits: takes a few seconds


@st.cache_resource(max_entries=24, show_spinner="Looking at the digits ...")
def summary(data: str, part: Part) -> ClassPictures:
    """Return what the digits of each class in a part have in common."""
    dataset = caches.dataset(data)
    return exploration.summarize_classes(getattr(dataset, part), len(dataset.classes))


@st.cache_resource(max_entries=24, show_spinner="Looking at the digits ...")
def unusual(data: str, part: Part, count: int) -> list[Tensor]:
    """Return for each class the indices of the digits that are farthest from its mean."""
    return exploration.find_unusual(getattr(caches.dataset(data), part), summary(data, part), count)


@st.cache_resource(max_entries=24, show_spinner="Reading each quarter with what the others teach ...")
def cross_fitted(data: str, part: Part) -> NDArray[np.float32]:
    """Return probabilities `(n, classes)` for the first digits of a part, read by cross-fitting."""
    dataset = caches.dataset(data)
    return doubtful_labels.cross_fit(getattr(dataset, part).first(CROSS_FITTED), len(dataset.classes))


@st.cache_data(ttl=3600, max_entries=50, show_spinner=False)
def fast_seconds_per_digit(classes: int, _dataset: Dataset) -> float:
    """Return how many seconds the quickest preset takes for each training digit of so many classes."""
    with locks.LONG:
        return measure_seconds_per_digit(PRESETS[FAST_TRAINING].to_settings(), _dataset)
