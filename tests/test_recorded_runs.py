"""Recorded runs of the player: a file gives back what was written."""

from pathlib import Path

import numpy as np
import pytest

from core.visualization.labels import Label
from dashboard.components.player import Frame, Look
from dashboard.widgets import recorded_runs
from dashboard.widgets.recorded_runs import MAX_FRAMES, RecordedRun

LOOK = Look("Squares", {"loss": "#3B82C4"}, unit=" %", limits=(0, 1), axis="step")


@pytest.mark.parametrize("shape", [(40, 60), (40, 60, 3)])
def test_a_recorded_run_has_pictures_values_labels_and_look(tmp_path: Path, shape: tuple[int, ...]) -> None:
    frames = [
        Frame(
            np.full(shape, 2 * at, np.uint8),
            {"loss": at / 100},
            f"at {at}",
            at=at,
            labels=[Label("a", 0, 1, 9, 8, "#fff")],
        )
        for at in range(100)
    ]
    recorded_runs.save(RecordedRun(frames, LOOK), tmp_path / "run.webp")
    found = recorded_runs.load(tmp_path / "run.webp")
    first, last = found.frames[0], found.frames[-1]
    assert len(found.frames) == MAX_FRAMES and (first.at, last.at) == (0, 99) and last.text == "at 99"
    assert last.shape == shape and abs(int(last.picture.flat[0]) - 198) < 4 and last.values == {"loss": 0.99}
    assert last.labels == [("a", 0, 1, 9, 8, "#fff")]
    assert (found.look.unit, tuple(found.look.limits or ()), found.look.axis) == (" %", (0, 1), "step")


def test_pictures_that_do_not_change_keep_their_frames(tmp_path: Path) -> None:
    frames = [Frame(np.full((20, 20), 80 * (at // 3), np.uint8), {}, f"at {at}") for at in range(9)]
    recorded_runs.save(RecordedRun(frames, LOOK), tmp_path / "run.webp")
    found = recorded_runs.load(tmp_path / "run.webp").frames
    assert [one.text for one in found] == [one.text for one in frames]
    assert [round(int(one.picture[5, 5]) / 80) for one in found] == [0, 0, 0, 1, 1, 1, 2, 2, 2]
