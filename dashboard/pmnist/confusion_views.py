"""The view "Which digits get confused": a network's confusion matrix, and a second network beside it."""

import numpy as np
import streamlit as st
import torch
from numpy.typing import NDArray

from core.digits.datasets import Dataset
from core.networks import evaluation
from core.networks.evaluation import COLUMNS
from core.pmnist.masks import Variant
from core.visualization.figures import draw_confusion
from core.visualization.network_colors import color_of
from dashboard import address
from dashboard.pmnist.accuracy_views import FIRST_COUNT
from dashboard.pmnist.cut_views import HEADINGS
from dashboard.server import caches
from dashboard.server.caches import Zoo
from dashboard.server.session import Session
from dashboard.widgets.data_set import name_drawing
from dashboard.widgets.measuring import choose_count
from dashboard.widgets.networks import choose_network
from dashboard.widgets.readings import networks_or_warn
from dashboard.widgets.tables import choose_cell, show_cell, show_who_is_right

VARIANT: Variant = "text"


def show_confusions(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show a network's confusion matrix (a click on a cell shows its digits), and compare it with a second network."""
    sentence = st.empty()
    name, rival, column, count = _choose(data, zoo)
    if not name or len(networks_or_warn([name, rival], data)) < len({name, rival}):
        return
    with st.spinner("Reading ..."):
        predicted, theirs = (
            torch.from_numpy(caches.predicted(one, column, VARIANT, count, data.name)) for one in (name, rival)
        )
    labels = data.test.first(count).labels
    counts = evaluation.confusion(labels, predicted, len(data.classes)).numpy()
    sentence.markdown(f"**{zoo[name].title}, {HEADINGS[column]}: {describe_confusion(counts, data)}**")
    matrix, digits = st.container(key="matrix-row").columns(2, gap="medium")
    with matrix:
        cell = choose_cell(draw_confusion(counts, data.classes, color_of(name)), counts, "confusion")
    with digits:
        show_cell(data, labels, predicted, column, cell)
        who = evaluation.compare_predictions(labels, predicted, theirs)
        show_who_is_right(who, zoo[name].title, zoo[rival].title)


def _choose(data: Dataset, zoo: Zoo) -> tuple[str, str, str, int]:
    """Draw the choice of network and digits, and behind *Details* the rest; return all four."""
    which, on, details = st.columns([2, 2, 1], vertical_alignment="bottom")
    with which:
        name = choose_network(zoo, key="confused")
    column = address.selectbox(
        "on", "Digits", COLUMNS, COLUMNS[1], key="column", place=on, format_func=HEADINGS.__getitem__
    )
    with details.popover("Details", width="stretch"):
        second = list(zoo)[min(1, len(zoo) - 1)] if zoo else ""
        rival = choose_network(zoo, name="beside", key="rival", label="Compare with", first=second) if name else ""
        count = choose_count(data, "confusion count", FIRST_COUNT)
    return name, rival, column, count


def describe_confusion(counts: NDArray[np.int64], data: Dataset) -> str:
    """Return a sentence: how many digits are read correctly, and the most frequent mistake."""
    right, total = int(np.trace(counts)), int(counts.sum())
    wrong = counts - np.diag(np.diag(counts))
    true, read = divmod(int(wrong.argmax()), len(data.classes))
    share = f"{100 * right / total:.1f} % of the first {total:,} test {name_drawing(data)}s are read correctly"
    if not wrong.any():
        return f"{share}, without a mistake."
    how_many = f"{wrong[true, read]} of {counts[true].sum()} times"
    return f"{share}. Most often a {data.classes[true]} is read as a {data.classes[read]} ({how_many})."
