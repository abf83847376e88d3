"""Networks loaded by name, and what they read in a digit."""

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from core.digits.datasets import Dataset
from core.networks.evaluation import Network
from core.pmnist.masks import SIDE
from core.visualization.network_colors import color_of
from core.visualization.readings import Reading, draw_readings
from core.zoo.checkpoints import Card
from dashboard.server import caches
from dashboard.server.scene import Digit, Mask
from dashboard.server.session import Session
from dashboard.widgets.texts import show_problems

WHOLE: Mask = np.ones((SIDE, SIDE), np.bool_)


def networks_or_warn(names: Sequence[str], data: Dataset) -> dict[str, Network]:
    """Show a warning for each network that cannot be loaded; return the others by name."""
    networks, problems = caches.networks(tuple(names), data.name)
    show_problems(problems)
    return dict(networks)


def read_all(
    networks: Mapping[str, Network], zoo: Mapping[str, Card], digit: Digit, mask: Mask, data: Dataset
) -> list[Reading]:
    """Return every network's reading of the erased digit beside that of the whole one."""
    names, erased = tuple(networks), not mask.all()
    now = caches.readings(names, data.name, digit, mask)
    whole = caches.readings(names, data.name, digit, WHOLE) if erased else now
    notes = {name: _note(zoo[name]) if erased else "" for name in names}
    return [Reading(zoo[name].title, color_of(name), now[name], whole[name], notes[name]) for name in names]


def _note(card: Card) -> str:
    """Return what tells a network from the others where part of the digit is erased."""
    if card.track == "mask known":
        return "knows what is missing"
    return "finds what is missing" if card.finds_holes else ""


def label_of(session: Session, network: str, pixels: Digit, data: Dataset) -> int:
    """Return the digit's true label; for one without, what the network reads. Give `pixels` before any are erased."""
    if session.scene.sample is not None and session.scene.drawn is None and data.labelled:
        return int(data.test.labels[session.scene.sample])
    return int(caches.readings((network,), data.name, pixels, WHOLE)[network].argmax())


def show_readings(readings: Sequence[Reading], classes: Sequence[str]) -> None:
    """Show the networks side by side."""
    st.html(draw_readings(readings, classes))
