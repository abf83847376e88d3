"""What the page "Results" computes once for all visitors."""

import streamlit as st

from core.transfer.backbones import compute_features, own_backbone
from core.transfer.classification import ClassificationResult, fit_classifier
from core.transfer.example_tasks import crops_task
from core.zoo import checkpoints
from dashboard.server import locks


@st.cache_resource(max_entries=1, show_spinner="Telling photographs apart ...")
def classify_photographs() -> ClassificationResult:
    """Return the logistic regression on the last maps of the standard network, for crops of two photographs.

    Raises CheckpointError.
    """
    task, backbone = crops_task(), own_backbone("Standard", checkpoints.load_classifier("standard"))
    with locks.LONG:
        return fit_classifier(compute_features(backbone, task.pixels), task)
