"""The pictures of a training as frames for the player."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from core.jobs.training_snapshots import Snapshot, list_snapshots, load_snapshot
from core.visualization.training import draw_snapshot
from dashboard.components.player import Frame

AT_ONCE = 30  # frames that are drawn at most before the page goes on


def draw_album(folder: Path, drawn: dict[str, Frame]) -> list[Frame]:
    """Return the frames of a run's pictures so far, in order; `drawn` remembers them by name."""
    names = list_snapshots(folder)
    for name in [name for name in names if name not in drawn][:AT_ONCE]:
        try:
            drawn[name] = to_frame(load_snapshot(folder, name))
        except ValueError:  # one that is gone or damaged is left out
            continue
    return [drawn[name] for name in names if name in drawn]


def to_frame(found: Snapshot) -> Frame:
    """Return what the player shows of one moment."""
    rows = np.arange(len(found.labels))
    sure = 100 * float(found.probabilities[rows, found.labels].mean())
    right = int((found.probabilities.argmax(1) == found.labels).sum())
    when = f"Epoch {found.epoch}, batch {found.batch}" if found.epoch else "Before it has learned anything"
    maps = (found.first_maps, found.last_maps)
    picture = draw_snapshot(found.digits, found.labels.tolist(), found.probabilities, found.filters, maps)
    text = f"{when}: {right} of {len(rows)} read right; on average {sure:.0f} % sure of what is right."
    return Frame(picture, {}, text)
