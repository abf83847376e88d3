"""Make the recorded runs of the page "What activates a neuron" again: `python -m tests.recordings`.

Each view of the real page runs with its first settings on MNIST; what its player would show becomes the file.
"""

import sys
import time
from collections.abc import Sequence
from unittest.mock import patch

from dashboard.components.player import Frame, Look
from dashboard.maximize import VIEWS
from dashboard.maximize.cached import recorded_path
from dashboard.widgets import playing, recorded_runs
from dashboard.widgets.recorded_runs import RecordedRun
from tests.pages import open_page, press, rerun

LIMIT = 1200  # seconds for one run
Shown = dict[str, RecordedRun]
"""What the players show when their runs have ended, by key."""


def main() -> None:
    """Record the views that are named on the command line, or all."""
    for view in sys.argv[1:] or [view.title for view in VIEWS]:
        for key, run in _record(view).items():
            path = recorded_path(key.removesuffix("/player"))
            recorded_runs.save(run, path)
            print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


def _record(view: str) -> Shown:
    shown: Shown = {}

    def keep(
        frames: Sequence[Frame], *, key: str, run: str, look: Look, finished: bool, total: int | None = None
    ) -> None:
        if finished and not run.startswith("recorded "):
            shown[key] = RecordedRun(frames, look)

    with patch.object(playing, "player", keep):
        app = open_page("maximize", view=view, sample="0")
        (start,) = [str(button.key) for button in app.button if str(button.key).endswith("/start")]
        run = press(app, start).session_state[start.replace("/start", "/run")]
        end = time.monotonic() + LIMIT
        while not run.finished and time.monotonic() < end:
            time.sleep(1)
        rerun(app)
    return shown


if __name__ == "__main__":
    main()
