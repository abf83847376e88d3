"""The recorded runs of the page "What activates a neuron", read once for all visitors."""

from pathlib import Path

import streamlit as st

from dashboard.widgets.recorded_runs import RecordedRun, load

FOLDER = Path(__file__).with_name("recorded_runs")


@st.cache_resource(show_spinner=False)
def recorded_run(key: str) -> RecordedRun | None:
    """Return the recorded run of the player with this key; None if there is none."""
    path = recorded_path(key)
    return load(path) if path.exists() else None


def recorded_path(key: str) -> Path:
    return FOLDER / f"{key.replace(' ', '-')}.webp"
