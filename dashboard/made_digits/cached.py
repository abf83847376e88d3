"""What the page "Made digits" loads, draws and computes once for all visitors."""

from pathlib import Path

import streamlit as st

from core.generation.generator_checkpoint import TrainedGenerator
from core.generation.quality import NearestDigits, find_nearest_digits
from dashboard.components.player import Frame
from dashboard.made_digits import frames
from dashboard.server import caches, locks

COMPARED = 200  # real test digits


@st.cache_resource(max_entries=600, show_spinner=False)
def snapshot_frame(folder: Path, name: str, changed: int) -> Frame:
    """Return the frame of a run's snapshot; `changed` is the time of its file. Raises ValueError if it is damaged."""
    return frames.draw_picture(folder, name)


@st.cache_resource(max_entries=2, show_spinner=False)
def recorded_frames(weights_sha256: str, _made: TrainedGenerator) -> list[Frame]:
    """Return the frames that were recorded while the generator with these weights was trained."""
    return frames.draw_recorded_training(_made)


@st.cache_resource(max_entries=4, show_spinner=False)
def real_distances(data: str) -> NearestDigits:
    """Return the nearest training digit of each of some real test digits, for comparison with made ones."""
    digits = caches.dataset(data)
    with locks.LONG:
        return find_nearest_digits(digits.test.first(COMPARED).images(), digits.train)
