"""Run a generator in a process of its own, which outlives whoever started it; stop it, let it wait, take it up again.

One job at a time works on a machine (NEGATIVE_SPACE_JOBS for more), the others wait in the order in which they came.
All that is known of a job is in its folder (see `runs`), where every visitor and the command line find it.
"""

from __future__ import annotations

import importlib
import math
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core.jobs import queue, run_folders
from core.jobs.run_folders import Job, JobError, load_job, read_status
from core.system import files, locks

ROOT = Path(__file__).parents[2]
# A kind of job is a module that offers `check(settings)`, which raises ValueError with a sentence, and
# `run(settings, folder, request)`, which yields frozen records and goes on from what it finds in the folder.
KINDS = {
    "train": "core.jobs.training_job",
    "study": "core.studies.study_job",
    "generator": "core.generation.generator_job",
}
MAX_JOBS_PER_VISITOR = 2


def submit(kind: str, title: str, settings: dict[str, Any], visitor: str) -> Job:
    """Start a job and return it at once; it waits for its turn.

    Raises ValueError for settings that its kind refuses, and JobError when there is no room for it.
    """
    if kind not in KINDS:
        raise JobError(f"There is no kind of job called {kind!r}; there are {', '.join(KINDS)}.")
    importlib.import_module(KINDS[kind]).check(settings)
    with lock_submissions():
        _check_visitor(visitor)
        run_folders.remove_old_runs()
        job = run_folders.create_job(
            kind=kind, module=KINDS[kind], title=title, settings=settings, visitor=visitor, threads=_threads()
        )
        try:
            _start(job)
        except OSError:  # one that could never begin is no run
            shutil.rmtree(job.folder, ignore_errors=True)
            raise
    return job


def stop(name: str) -> None:
    """Ask the job to end after the record it works on; what it has learned is kept. Asking again does no harm."""
    _request(name, state="stop")


def pause(name: str) -> None:
    """Ask the job to hold after the record it works on; the next in the queue has its turn meanwhile."""
    _request(name, state="pause")


def set_learning_rate(name: str, rate: float | None) -> None:
    """Let the job learn on with another rate, None: that of its settings; one that ended, when it is resumed.

    Raises JobError for what is no rate, and for a job that is done.
    """
    if rate is not None and not (rate > 0 and math.isfinite(rate)):
        raise JobError(f"The learning rate must be a number above 0, not {rate}.")
    _request(name, but="done", learning_rate=rate)


def resume(name: str) -> Job:
    """Let a paused job go on, or start a lost, stopped or failed one again where it last was whole.

    Either way it joins the end of the queue. Raises JobError for one that is done.
    """
    job = load_job(name)
    with lock_submissions():
        status = read_status(job)
        if status.active:
            run_folders.write_request(job, state="run")
        elif status.state == "done":
            raise JobError("This job is done: nothing is left to do.")
        else:
            _check_visitor(job.visitor)
            _start(job)
    return job


def queue_position(name: str) -> int | None:
    """Return how many come before it and itself, 1: it is next; None when the job does not wait."""
    line = [job.id for job in queue.waiting_jobs()]
    return line.index(name) + 1 if name in line else None


def _request(name: str, *, but: str | None = None, **changes: Any) -> None:
    """Ask something of a job that is active, or at least not in the state `but`."""
    job = load_job(name)
    status = read_status(job)
    if not status.active and but in (None, status.state):
        raise JobError("This job has ended.")
    with _raise_job_errors():
        run_folders.write_request(job, **changes)


def _check_visitor(visitor: str) -> None:
    active = [job for job in run_folders.list_jobs(visitor) if read_status(job).active]
    if len(active) >= MAX_JOBS_PER_VISITOR:
        raise JobError(f"You have {len(active)} jobs already: wait until one has ended, or stop one.")


@contextmanager
def lock_submissions() -> Iterator[None]:
    """Let people make runs one after the other, so that the limits hold. Raises JobError for every OSError."""
    with _raise_job_errors():
        run_folders.runs_folder().mkdir(parents=True, exist_ok=True)
        with locks.hold(run_folders.runs_folder() / ".starting"):
            yield


@contextmanager
def _raise_job_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise JobError(files.describe_error(error, "The folder of the runs")) from error
    except subprocess.SubprocessError:
        raise JobError("The process of this job did not start; worker.log in its folder says why.") from None


def _threads() -> int:
    """Return how many threads a job computes with: OMP_NUM_THREADS, else one per core; it gives way to the pages."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return int(asked) if asked.isdecimal() and int(asked) else os.cpu_count() or 1


def _start(job: Job) -> None:
    """Start the worker. It inherits the lock, so that there is no moment without."""
    lock = locks.acquire(job.folder / "lock", patience=0.5)
    if lock is None:
        raise JobError("This job is at work already.")
    with lock, (job.folder / "worker.log").open("ab") as log:
        files.remove_leftovers(job.folder)
        run_folders.write_request(job, state="run")
        run_folders.write_status(
            job, state="waiting", message="", pid=None, queued=queue.next_queue_time(), started=None
        )
        number = lock.fileno()
        command = [sys.executable, "-m", "core.jobs.worker", job.id, str(number)]
        paths = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        environment = {"PYTHONPATH": paths, "OMP_NUM_THREADS": str(job.threads)}
        environment[run_folders.RUNS_VARIABLE] = str(run_folders.runs_folder())
        subprocess.run(
            command,
            env={**os.environ, **environment},
            pass_fds=(number,),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            check=True,
        )
