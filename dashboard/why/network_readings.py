"""The chosen networks with what each reads in the digit, which every view of this page explains."""

from collections import Counter
from dataclasses import dataclass, replace

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

LABEL = "label"  # as links write it
LABEL_TEXT = "its label, or the majority"  # the same for every digit: the browser keeps the text it shows
MAX_NETWORKS = 5  # networks side by side


@dataclass(frozen=True, eq=False)
class NetworkReading:
    """What one network reads in the current digit."""

    name: str
    title: str
    network: Network
    probabilities: NDArray[np.float32]
    """`(classes,)`."""
    digit: Digit
    """The digit that is explained: what is left of the current one, or a restoring network's most likely fill."""
    mask: Mask
    """The mask of that digit; nothing is missing from a fill."""
    note: str
    filled: bool = False
    """The digit is a fill."""

    @property
    def classifier(self) -> Classifier:
        """The network that scores classes; in a restoring network the one that reads the fills."""
        return self.network.classifier

    @property
    def read(self) -> int:
        return int(self.probabilities.argmax())


def choose_readings(digit: Digit, mask: Mask, data: Dataset, zoo: Zoo) -> list[NetworkReading]:
    """Draw the choice of networks; return the readings of the first MAX_NETWORKS chosen."""
    names = network_inputs.choose_networks(zoo)
    if len(names) > MAX_NETWORKS:
        st.caption(f"The first {MAX_NETWORKS} of the {len(names)} chosen networks are shown.")
    networks = networks_or_warn(names[:MAX_NETWORKS], data)
    read = caches.readings(tuple(networks), data.name, digit, mask)
    left = np.ascontiguousarray(digit * mask, np.float32)
    readings = []
    for name, network in networks.items():
        note = f"{100 * float(read[name].max()):.0f} % sure"
        reading = NetworkReading(name, zoo[name].title, network, read[name], left, mask, note)
        readings.append(_with_fill(reading, digit, data) if network.restores else reading)
    return readings


def _with_fill(reading: NetworkReading, digit: Digit, data: Dataset) -> NetworkReading:
    """Return a restoring network's reading with its most likely fill as the digit, if it has filled anything."""
    fills = caches.restored(reading.name, data.name, digit, reading.mask).fills
    if fills is None:
        return reading
    fill = np.ascontiguousarray(fills.images[0, 0].numpy(), np.float32)
    note = f"{reading.note} over all fills; the picture shows the most likely one"
    return replace(reading, digit=fill, mask=np.ones_like(reading.mask), note=note, filled=True)


def describe_readings(readings: list[NetworkReading], data: Dataset) -> str:
    """Return a sentence: which class each network reads."""
    read = ", ".join(f"{one.title} reads a {data.classes[one.read]}" for one in readings)
    filling = [one.title for one in readings if one.filled]
    fills = f" {' and '.join(filling)} first fill{'s' * (len(filling) == 1)} in the missing part." if filling else ""
    return f"{read}.{fills}"


def describe_answer(name: str, digit: Digit, mask: Mask, data: Dataset) -> str:
    """Return what a network reads in the erased digit, such as "reads 5, 93 % sure"."""
    read = caches.readings((name,), data.name, digit, mask)[name]
    return f"reads {data.classes[int(read.argmax())]}, {100 * float(read.max()):.0f} % sure"


def to_row(reading: NetworkReading, shown: list[PictureCell], data: Dataset) -> NetworkRow:
    """Return a network's row of pictures."""
    return NetworkRow(reading.title, color_of(reading.name), data.classes[reading.read], reading.note, shown)


def find_attribution(reading: NetworkReading, label: int, method: str, data: Dataset) -> Digit:
    """Return each pixel's attribution to a class `(28, 28)` by one method. Raises AttributionError."""
    return cached.attribution(reading.name, data.name, reading.digit, label, method, reading.classifier)


def choose_truth(session: Session, whole: list[int], data: Dataset) -> int:
    """Draw the choice of the true class; return it (default: the label, or for a drawing what most networks read).

    `whole`: the class that each network reads in the whole digit.
    """
    labelled = session.scene.sample is not None and session.scene.drawn is None and data.labelled
    most = Counter(whole).most_common(1)[0][0]
    first = int(data.test.labels[session.scene.sample]) if labelled else most
    chosen = address.selectbox(
        "truth",
        "True class",
        [LABEL, *range(len(data.classes))],
        width=260,
        format_func=lambda one: LABEL_TEXT if one == LABEL else data.classes[one],
    )
    return first if chosen == LABEL else int(chosen)


def find_ink(name: str, digit: Digit, mask: Mask, data: Dataset) -> tuple[Digit, int] | None:
    """Return what is left of a digit `(28, 28)`, and the class that a network reads in it; None where no ink is."""
    left = np.ascontiguousarray(digit * mask, np.float32)
    return (left, int(caches.readings((name,), data.name, digit, mask)[name].argmax())) if left.any() else None
