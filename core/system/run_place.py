"""Where the folders of runs are: what visitors trained, loaded and brought."""

import os
from pathlib import Path

PROJECT_RUNS = Path(__file__).parents[2] / "runs"
RUNS_VARIABLE = "NEGATIVE_SPACE_RUNS"


def runs_folder() -> Path:
    """Return the folder of all runs: NEGATIVE_SPACE_RUNS, else `runs/` in the project."""
    return Path(os.environ.get(RUNS_VARIABLE) or PROJECT_RUNS).absolute()
