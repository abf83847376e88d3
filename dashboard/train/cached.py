"""The snapshots of a training as frames for the player, each drawn once for all visitors."""

from pathlib import Path

import numpy as np
import streamlit as st

from core.jobs.training_snapshots import FOLDER, Snapshot, list_snapshots, load_snapshot
from core.visualization.training import draw_snapshot
from dashboard.components.player import Frame


def snapshot_frames(folder: Path) -> list[Frame]:
    """Return the frames of a run's snapshots so far, in order; damaged ones are left out."""
    frames = []
    for name in list_snapshots(folder):
        try:
            changed = (folder / FOLDER / f"{name}.safetensors").stat().st_mtime_ns
            frames.append(_frame(folder, name, changed))
        except (OSError, ValueError):  # deleted or damaged
            continue
    return frames


@st.cache_resource(max_entries=1200, show_spinner=False)
def _frame(folder: Path, name: str, changed: int) -> Frame:
    """Return the frame of a snapshot; `changed` is the time of its file. Raises ValueError if it is damaged."""
    return to_frame(load_snapshot(folder, name))


def to_frame(snapshot: Snapshot) -> Frame:
    """Return the frame that shows one snapshot."""
    rows = np.arange(len(snapshot.labels))
    mean_probability = 100 * float(snapshot.probabilities[rows, snapshot.labels].mean())
    correct = int((snapshot.probabilities.argmax(1) == snapshot.labels).sum())
    when = f"Epoch {snapshot.epoch}, batch {snapshot.batch}" if snapshot.epoch else "Before it has learned anything"
    maps = (snapshot.first_maps, snapshot.last_maps)
    picture = draw_snapshot(snapshot.digits, snapshot.labels.tolist(), snapshot.probabilities, snapshot.filters, maps)
    text = f"{when}: {correct} of {len(rows)} read right; on average {mean_probability:.0f} % sure of what is right."
    return Frame(picture, {}, text)
