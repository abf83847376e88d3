"""What the page "Feature maps" draws once for all visitors who see the same."""

from collections.abc import Sequence
from itertools import takewhile
from time import monotonic

import streamlit as st
import torch
from torch import Tensor

from core.feature_maps.changed_maps import SilencedMaps, find_fewest_maps, silence_each
from core.networks.classifier import Classifier
from dashboard.components.board import Row
from dashboard.feature_maps import map_rows
from dashboard.server import caches
from dashboard.server.scene import Digit

SEARCH_TIME = 2  # seconds; the shipped networks need a tenth of one


@st.cache_resource(max_entries=64, show_spinner=False)
def rows(name: str, data: str, pixels: Digit, each: bool) -> Sequence[Row]:
    """Return all maps of one digit `(28, 28)` in a network that does not restore, a row for each stage."""
    stages = caches.stage_maps(name, data, pixels)
    return [map_rows.to_row(one, each=each) for one in stages if not one.repeats]


@st.cache_resource(max_entries=64, show_spinner=False)
def fewest_maps(name: str, data: str, pixels: Digit, stage: str, _network: Classifier) -> SilencedMaps | None:
    """Return the few maps of a stage without which the answer is another one; None for a stage without maps.

    In a large network of one's own it ends without a change when the time is over: other visitors wait for it.
    """
    end = monotonic() + SEARCH_TIME
    steps = find_fewest_maps(_network, torch.from_numpy(pixels)[None], stage)
    *_, last = (None, *takewhile(lambda _: monotonic() < end, steps))
    return last


@st.cache_resource(max_entries=64, show_spinner=False)
def without_each(name: str, data: str, pixels: Digit, stage: str, _network: Classifier) -> Tensor:
    """Return the probabilities `(maps, classes)` with each map of a stage off in turn."""
    return silence_each(_network, torch.from_numpy(pixels)[None], stage)
