"""Runs of jobs in tests: a folder of their own, waiting for a state, and killing workers."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from core.digits.datasets import DATA_VARIABLE
from core.digits.downloads import MIRROR_VARIABLE, OFF
from core.jobs import control, run_folders, turns, worker
from core.jobs.run_folders import Job, Status, read_status, read_steps

LONG = {"to": 2000, "pause": 0.02}  # settings of `count` for a job that does not end by itself


@contextmanager
def own_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Yield a temporary runs folder, whose workers are killed afterwards; each worker has one thread.

    A turn is so long that one job computes after the other; `test_turns` shortens it.
    """
    folder = tmp_path / "runs"
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv(run_folders.RUNS_VARIABLE, str(folder))
    monkeypatch.setenv(worker.NICE_VARIABLE, "0")  # beside other tests it would hardly have its turn
    monkeypatch.setenv(turns.TURN_VARIABLE, "1000")
    monkeypatch.setenv(turns.JOBS_VARIABLE, "1")
    yield folder
    monkeypatch.setenv(run_folders.RUNS_VARIABLE, str(folder))
    for job in run_folders.list_jobs():
        kill(job)


def without_mnist(folder: Path) -> dict[str, str]:
    """Return environment variables with which MNIST is neither found nor fetched; `folder` is an empty folder."""
    return {DATA_VARIABLE: str(folder), MIRROR_VARIABLE: OFF}


def count(visitor: str = "ann", **settings: object) -> Job:
    """Start a job that counts, to 3 unless the settings say otherwise."""
    return control.submit("count", "Counting", {"to": 3, **settings}, visitor)


def numbers(job: Job) -> list[int]:
    """Return the numbers that a counting job has recorded."""
    return [step["number"] for step in read_steps(job.id)]


def pid_of(job: Job) -> int | None:
    return json.loads((job.folder / "status.json").read_bytes())["pid"]


def kill(job: Job) -> None:
    """Kill the worker, as a power cut would, and wait until it is gone."""
    if not run_folders.is_alive(job):
        return
    until(lambda: pid_of(job))
    with suppress(ProcessLookupError):  # it has just ended by itself
        os.kill(pid_of(job), signal.SIGKILL)
    until(lambda: not run_folders.is_alive(job))


def until(holds: Callable[[], object], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it does not come"
        time.sleep(0.02)


def reach(job: Job, *states: str) -> Status:
    """Wait until the job is in one of these states; return its status."""
    until(lambda: read_status(job).state in states)
    return read_status(job)


def ended(job: Job, seconds: float = 60.0) -> Status:
    until(lambda: not read_status(job).active, seconds)
    return read_status(job)
