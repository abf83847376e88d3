"""Who is asked why: the chosen networks, what each reads, and the digit that it really looks at."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.digits.datasets import Dataset
from core.networks.classifier import Classifier
from core.networks.evaluation import Network
from core.visualization.attribution import NetworkRow, PictureCell
from core.visualization.network_colors import color_of
from dashboard import address
from dashboard.server import caches
from dashboard.server.caches import Zoo
from dashboard.server.scene import Digit, Mask
from dashboard.server.session import Session
from dashboard.why import cached
from dashboard.widgets import networks as network_inputs
from dashboard.widgets.readings import networks_or_warn

MOST = 5  # networks side by side


@dataclass(frozen=True, eq=False)
class Subject:
    """One network before one digit."""

    name: str
    title: str
    network: Network
    probabilities: NDArray[np.float32]
    """`(classes,)`, as on every other page."""
    digit: Digit
    """What it looks at: what is left of the digit, or, within a network that restores, the likeliest fill."""
    mask: Mask
    """What of it was erased; nothing of a fill."""
    note: str

    @property
    def classifier(self) -> Classifier:
        """The network that scores classes; within one that restores, the one that reads the fills."""
        return self.network.classifier

    @property
    def read(self) -> int:
        return int(self.probabilities.argmax())


def choose_subjects(digit: Digit, mask: Mask, data: Dataset, zoo: Zoo) -> list[Subject]:
    """Let people choose up to five networks, and return each with what it reads in the digit."""
    names = network_inputs.choose_networks(zoo)
    if len(names) > MOST:
        st.caption(f"The first {MOST} of the {len(names)} chosen networks are shown.")
    networks = networks_or_warn(names[:MOST], data)
    read = caches.readings(tuple(networks), data.name, digit, mask)
    return [_to_subject(name, zoo[name].title, one, read[name], digit, mask, data) for name, one in networks.items()]


def _to_subject(
    name: str, title: str, network: Network, read: NDArray[np.float32], digit: Digit, mask: Mask, data: Dataset
) -> Subject:
    left, note = np.ascontiguousarray(digit * mask, np.float32), f"{100 * float(read.max()):.0f} % sure"
    if network.restores:
        fills = caches.restored(name, data.name, digit, mask).fills
        if fills is not None:
            fill = np.ascontiguousarray(fills.images[0, 0].numpy(), np.float32)
            note += ", over all fills; here the likeliest"
            return Subject(name, title, network, read, fill, np.ones_like(mask), note)
    return Subject(name, title, network, read, left, mask, note)


def to_row(subject: Subject, shown: list[PictureCell], data: Dataset) -> NetworkRow:
    """Return a network's row of pictures."""
    return NetworkRow(subject.title, color_of(subject.name), data.classes[subject.read], subject.note, shown)


def find_values(subject: Subject, label: int, method: str, data: Dataset) -> Digit:
    """Return how each pixel speaks for a class, by one method. Raises AttributionError."""
    return cached.attribution(subject.name, data.name, subject.digit, label, method, subject.classifier)


def choose_truth(session: Session, subjects: list[Subject], whole: list[int], data: Dataset) -> int:
    """Let people say what the digit really is; at first its label, or of a drawing what most networks read in it."""
    labelled = session.scene.sample is not None and session.scene.drawn is None
    most = Counter(whole).most_common(1)[0][0]
    first = int(data.test.labels[session.scene.sample]) if labelled else most
    why = "its label" if labelled else "what most read in all of it"
    chosen = address.selectbox(
        "truth",
        "It is really a",
        [None, *range(len(data.classes))],
        width=240,
        format_func=lambda one: f"{data.classes[first]} ({why})" if one is None else data.classes[one],
    )
    return first if chosen is None else int(chosen)
