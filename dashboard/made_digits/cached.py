"""What the page "TrainedGenerator digits" loads, draws and computes once for all visitors."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.generation import generator_checkpoint
from core.generation.generator_checkpoint import TrainedGenerator
from core.generation.quality import NearestDigits, find_nearest_digits
from dashboard.components.player import Frame
from dashboard.made_digits import frames
from dashboard.server import caches, locks

PROBED = 200  # real test digits: how near these are to real training digits is what is usual


@st.cache_resource(max_entries=20, show_spinner=False)
def generator(folder: Path, weights_sha256: str) -> TrainedGenerator:
    """Return the generator of a folder whose weights have this hash. Raises CheckpointError."""
    return generator_checkpoint.load(folder)


@st.cache_resource(max_entries=600, show_spinner=False)
def growth_frame(folder: Path, name: str, changed: int) -> Frame:
    """Return the frame of one of a run's pictures, last changed at that time. Raises ValueError for a damaged one."""
    return frames.draw_picture(folder, name)


@st.cache_resource(max_entries=2, show_spinner=False)
def recorded_growth(weights_sha256: str, _made: TrainedGenerator) -> list[Frame]:
    """Return the frames of the recorded growth of the generator with these weights."""
    return frames.draw_recorded_growth(_made)


@st.cache_resource(max_entries=4, show_spinner=False)
def usual_distances(data: str) -> NearestDigits:
    """Return how far real test digits are from the nearest training digit."""
    digits = caches.dataset(data)
    with locks.LONG:
        return find_nearest_digits(digits.test.first(PROBED).images(), digits.train)
