"""What the networks read in the class's drawings: each drawing once, those that are new a few at a time."""

from collections.abc import Sequence

import streamlit as st

from core.classroom.class_test_set import Readings, read_drawings
from core.classroom.collected_drawings import CollectedDrawing
from core.digits.datasets import Dataset
from dashboard.server.caches import Zoo
from dashboard.server.scene import DEFAULT_NETWORKS
from dashboard.widgets.readings import networks_or_warn

READ = "drawings read"  # key of what the networks have read, by data set and network
READ_AT_ONCE = 25  # drawings per network: the network that finds holes takes 16 ms for each


def choose_readers(zoo: Zoo) -> list[str]:
    """Draw the networks that read the drawings, at first all; return those that are chosen, the usual ones first."""
    names = [
        *(name for name in DEFAULT_NETWORKS if name in zoo),
        *(name for name in zoo if name not in DEFAULT_NETWORKS),
    ]
    chosen = st.popover("Networks", key="drawings networks menu").pills(
        "Networks that read the drawings",
        names,
        selection_mode="multi",
        default=names,
        key="drawings networks",
        wrap=True,
        format_func=lambda name: zoo[name].title,
    )
    return [name for name in names if name in chosen]


def read_in_parts(names: Sequence[str], drawings: Sequence[CollectedDrawing], data: Dataset) -> Readings:
    """Return what each network has read until now; each call reads some more of the drawings."""
    held: dict[tuple[str, str], dict[str, int]] = st.session_state.setdefault(READ, {})
    known, found = {one.id for one in drawings}, {}
    for name, network in networks_or_warn(names, data).items():
        before = {drawing: label for drawing, label in held.get((data.name, name), {}).items() if drawing in known}
        new = [one for one in drawings if one.id not in before][:READ_AT_ONCE]
        found[name] = held[data.name, name] = before | read_drawings(network, new)
    return found
