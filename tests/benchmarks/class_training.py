"""A class that trains: thirty people press Train within ten seconds; what each waits for, and strokes meanwhile."""

import time
from dataclasses import dataclass, replace
from functools import cache
from statistics import median

import numpy as np

from core.jobs import control, run_folders
from core.jobs.run_folders import Job
from core.training.presets import FAST_TRAINING, PRESETS
from tests.benchmarks import Measured, mnist
from tests.benchmarks.jobs import own_runs
from tests.benchmarks.live_page import ADDRESS, DRAWN, open_dashboard, time_strokes
from tests.browser import drawing_canvas

PEOPLE, WITHIN = 30, 10.0  # seconds
POLL = 0.05  # seconds between two looks at the runs
PRESET = PRESETS[FAST_TRAINING]
SETTINGS = replace(PRESET, config=replace(PRESET.config, report_every=1)).to_settings()  # as the page has it


@dataclass(frozen=True)
class _Waits:
    """Seconds from each press to the first point of its curve, and to its result."""

    points: list[float]
    results: list[float]


def class_train() -> Measured:
    """Return the longest wait for a first point."""
    points = _train_all().points
    return Measured(max(points), points, f"Median {median(points):.1f} s.")


def class_train_result() -> Measured:
    """Return the longest wait for a result."""
    results = _train_all().results
    return Measured(max(results), results, f"Median {median(results):.0f} s.")


def class_stroke() -> Measured:
    """Draw while all of them train."""
    mnist.dataset()
    with own_runs(), open_dashboard(ADDRESS) as page:
        jobs = [_press(number) for number in range(PEOPLE)]
        taken = time_strokes(page, drawing_canvas(page, 0), DRAWN, clear="Clear")
        assert any(run_folders.read_status(job).active for job in jobs), "they ended too early to be felt"
        _stop_all(jobs)
    p95 = float(np.percentile(taken, 95))
    return Measured(p95, taken, f"Median {median(taken):.0f} ms.")


@cache
def _train_all() -> _Waits:
    mnist.dataset()
    pressed, points, results, jobs = [], {}, {}, []
    start = time.monotonic()
    with own_runs():
        while len(results) < PEOPLE:
            if len(jobs) < PEOPLE and time.monotonic() >= start + WITHIN / PEOPLE * len(jobs):
                pressed.append(time.monotonic())
                jobs.append(_press(len(jobs)))
            for number, job in enumerate(jobs):
                waited = time.monotonic() - pressed[number]
                if number not in points and run_folders.read_steps(job.id):
                    points[number] = waited
                if number not in results and not run_folders.read_status(job).active:
                    results[number] = waited
            time.sleep(POLL)
        assert {run_folders.read_status(job).state for job in jobs} == {"done"}
    return _Waits([points[number] for number in range(PEOPLE)], [results[number] for number in range(PEOPLE)])


def _press(number: int) -> Job:
    return control.submit("train", "class", SETTINGS, f"pupil {number}")


def _stop_all(jobs: list[Job]) -> None:
    for job in jobs:
        control.stop(job.id)
    while any(run_folders.read_status(job).active for job in jobs):
        time.sleep(POLL)
