"""What the page "Results" computes once for all visitors."""

import streamlit as st

from core.transfer.backbones import compute_features, own_backbone
from core.transfer.classification import ClassificationResult, fit_logistic_regression
from core.transfer.example_tasks import crops_task
from dashboard.server import caches, locks


@st.cache_resource(max_entries=4, show_spinner="Telling photographs apart ...")
def classify_photographs(data: str) -> ClassificationResult:
    """Return the logistic regression on the last maps of the standard network, for crops of two photographs."""
    task, backbone = crops_task(), own_backbone("Standard", caches.classifier("standard", data))
    with locks.LONG:
        return fit_logistic_regression(compute_features(backbone, task.pixels), task)
