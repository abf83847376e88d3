"""What the page "Results" computes once for all visitors."""

import streamlit as st

from core.transfer.backbones import compute_features, own_backbone
from core.transfer.classification import ClassificationResult, fit_classifier
from core.transfer.example_tasks import crops_task
from core.zoo import checkpoints
from dashboard.server import locks

CROP_SEEDS = range(3)  # each draws other crops


@st.cache_resource(max_entries=1, show_spinner="Telling photographs apart ...")
def classify_photographs() -> tuple[ClassificationResult, ...]:
    """Return a logistic regression on the last maps of the standard network for each draw of two photographs' crops.

    Raises CheckpointError.
    """
    backbone = own_backbone("Standard", checkpoints.load_classifier("standard"))
    tasks = (crops_task(seed=seed) for seed in CROP_SEEDS)
    with locks.LONG:
        return tuple(fit_classifier(compute_features(backbone, task.pixels), task) for task in tasks)
