"""What the page "Shift, blur and noise" measures once for all visitors."""

import streamlit as st

from core.corruptions.kinds import corrupt
from core.networks.evaluation import accuracy, predict
from core.studies.corruptions import SEED
from dashboard.server import caches


@st.cache_data(max_entries=2000, show_spinner=False)
def accuracy_when_corrupted(name: str, kind: str, strength: float, count: int, data: str) -> float:
    """Return the accuracy in percent on the first `count` test digits, all corrupted."""
    digits = caches.dataset(data).test.first(count)
    read = predict(caches.network(name, data), corrupt(digits.images(), kind, strength, seed=SEED))
    return accuracy(digits.labels, read.argmax(1))
