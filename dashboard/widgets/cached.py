"""What widgets read once for all visitors."""

from pathlib import Path

import streamlit as st

from dashboard.widgets import recorded_runs
from dashboard.widgets.recorded_runs import RecordedRun


@st.cache_resource(show_spinner=False)
def load_recorded(path: Path) -> RecordedRun | None:
    """Return the recorded run in a file; None if there is no such file."""
    return recorded_runs.load(path) if path.exists() else None
