"""A kind of job that only counts: quick to start, slow on request, and its records hold the requested learning rate."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.jobs import run_folders
from core.system import interrupts
from core.training.changes import TrainingChanges


@dataclass(frozen=True)
class Count:
    number: int
    time: float
    learning_rate: float | None


def check(settings: dict[str, Any]) -> None:
    if settings["to"] < 1:
        raise ValueError("Count to 1 at least.")


def check_changes(settings: dict[str, Any], changes: TrainingChanges) -> None:
    """Accept all: only the learning rate is looked at."""


def run(settings: dict[str, Any], folder: Path, read_request: Callable[[], run_folders.JobRequest]) -> Iterator[Count]:
    """Count up from the last number in the folder; write the file `closed` when the generator is closed."""
    done = len(run_folders.read_steps(folder.name))
    try:
        for number in range(done + 1, settings["to"] + 1):
            for _ in range(settings.get("parts", 1)):
                time.sleep(settings.get("pause", 0.01))
                interrupts.check()
            if number == settings.get("stumble"):
                raise {"value": ValueError("Three is too many."), "other": RuntimeError("a bug")}[settings["over"]]
            yield Count(number, time.time(), read_request().changes.learning_rate)
    finally:
        (folder / "closed").touch()
