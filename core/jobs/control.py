"""Start a generator in a process of its own, which outlives its starter; stop, pause and resume it.

Jobs compute on as many cores as there are, or in NEGATIVE_SPACE_JOBS; they take short turns, see `turns`.
All that is known of a job is in its run folder, which every visitor and the command line can read.
"""

import importlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from core.jobs import fork_server, limits, queue, run_folders
from core.jobs.run_folders import Job, JobError, load_job, read_status
from core.system import files, locks
from core.training.changes import TrainingChanges

# A kind of job is a module with `check(settings)`, which raises ValueError with one sentence, and
# `run(settings, folder, read_request)`, which yields frozen records and continues from what the folder holds. If it has
# `share(settings)`, this loads what the processes of such jobs share; with `check_changes(settings, changes)`, which
# raises ValueError, its settings may be changed while it runs.
KINDS = {
    "train": "core.jobs.training_job",
    "study": "core.studies.study_job",
    "generator": "core.jobs.generator_job",
    "recipes": "core.jobs.recipes_job",
}
MAX_JOBS_PER_VISITOR = 2
STOP_LIMIT = 10.0  # seconds that `remove_all` waits for jobs to end


def submit(
    kind: str,
    title: str,
    settings: Any,
    visitor: str,
    origin: str = "",
    files: Mapping[str, bytes] = {},  # noqa: B006 (only read)
) -> Job:
    """Start a job and return it at once; it waits for its turn. `origin` says where the visitor connects from.

    `files` are written into its folder, by name.
    Raises ValueError for settings that its kind refuses, and JobError when there is no room for it.
    """
    importlib.import_module(_module_of(kind)).check(settings)
    with lock_submissions():
        displaced = _find_displaced(visitor, origin)
        limits.make_room(kind)
        submitted = dict(kind=kind, title=title, settings=settings, visitor=visitor, origin=origin)
        job = run_folders.create_job(None, files, **submitted, threads=_threads())
        try:
            _start(job)
        except OSError:  # a job that never began is no run
            shutil.rmtree(job.folder, ignore_errors=True)
            raise
        _displace(displaced)
    return job


def stop(name: str) -> None:
    """End the job after its current record; what it has learned is kept. Raises JobError for one that has ended."""
    _request(name, state="stop")


def pause(name: str) -> None:
    """Pause the job after its current record; the others compute meanwhile. Raises JobError as `stop` does."""
    _request(name, state="pause")


def change(name: str, changes: TrainingChanges) -> None:
    """Change the settings of a training, also of one that ended and may be resumed, in place of all changes before.

    Raises ValueError for changes that cannot be, and JobError for a job that is done or no training.
    """
    job = load_job(name)
    check = getattr(importlib.import_module(_module_of(job.kind)), "check_changes", None)
    if check is None:
        raise JobError("The settings of this job cannot be changed.")
    check(job.settings, changes)
    _request(name, unless="done", changes=changes)


def watch_stages(name: str) -> None:
    """Let a training also record what each stage does, from now on. Raises JobError for one that has ended."""
    _request(name, stages=True)


def resume(name: str) -> Job:
    """Continue a paused job, or restart a lost, stopped or failed one from its last complete state.

    Either way it joins the end of the queue. Raises JobError for a job that is done or still stopping.
    """
    job = load_job(name)
    with lock_submissions():
        status = read_status(job)
        if status.active and run_folders.read_request(job).state == "stop":
            raise JobError("This job is still stopping: resume it when it has ended.")
        if status.active:
            run_folders.write_request(job, state="run")
        elif status.state == "done":
            raise JobError("This job is done: nothing is left to do.")
        else:
            displaced = _find_displaced(job.visitor, job.origin)
            _start(job)
            _displace(displaced)
    return job


def remove_all(visitor: str) -> None:
    """Stop and delete every run of a visitor. Raises JobError where a job does not end in time."""
    mine = run_folders.list_jobs(visitor)
    for job in mine:
        if read_status(job).active:
            with _raise_job_errors(), suppress(FileNotFoundError):  # it is gone
                run_folders.write_request(job, state="stop")
    end = time.monotonic() + STOP_LIMIT
    for job in mine:
        while read_status(job).active:
            if time.monotonic() > end:
                raise JobError("A job of yours is still ending: try again in a minute.")
            time.sleep(0.1)
        if job.folder.exists():
            remove(job.id)
    with _raise_job_errors():
        run_folders.remove_damaged(visitor)


def queue_position(name: str) -> int | None:
    """Return the job's position in the queue (1: next); None for a job that has begun, which shares the machine."""
    waiting = [job.id for job, status in queue.waiting_jobs() if status.state == "waiting"]
    return waiting.index(name) + 1 if name in waiting else None


def has_company(name: str) -> bool:
    """Say whether another job computes, or waits to."""
    return any(job.id != name for job in queue.list_sharing())


def _request(name: str, *, unless: str | None = None, **changes: Any) -> None:
    """Change the request to a job that is active, or at least not in the state `unless`."""
    job = load_job(name)
    status = read_status(job)
    if not status.active and unless in (None, status.state):
        raise JobError("This job has ended.")
    with _raise_job_errors():
        run_folders.write_request(job, **changes)


def _module_of(kind: str) -> str:
    if kind not in KINDS:
        raise JobError(f"There is no kind of job called {kind!r}; there are {', '.join(KINDS)}.")
    return KINDS[kind]


def _find_displaced(visitor: str, origin: str) -> Job | None:
    """Return the job that must end for another one; None if none must. Raises JobError if there is no room."""
    active = queue.list_active(visitor)
    if len(active) >= MAX_JOBS_PER_VISITOR:
        raise JobError(f"You have {len(active)} jobs already: wait until one has ended, or stop one.")
    return limits.find_displaced(visitor, origin)


def _displace(job: Job | None) -> None:
    if job is not None:
        run_folders.write_request(job, state="stop")


def keep(job: Job, *, kept: bool = True) -> None:
    """Protect a run from removal for newer ones, or no longer. Raises JobError if too many are kept."""
    with lock_submissions():
        if kept:
            limits.check_keeping(job)
        run_folders.keep(job.id, kept=kept)


def remove(name: str) -> None:
    """Delete a run. Raises JobError while it is active."""
    with lock_submissions():
        run_folders.remove(name)


@contextmanager
def lock_submissions() -> Iterator[None]:
    """Create runs one after the other, so that the limits hold. Raises JobError for every OSError."""
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
    """Return the number of threads a job computes with: OMP_NUM_THREADS, else one per core, or one beside others."""
    chosen = os.environ.get("OMP_NUM_THREADS", "")
    if chosen.isdecimal() and int(chosen):
        return int(chosen)
    return 1 if queue.list_active() else os.cpu_count() or 1


def _start(job: Job) -> None:
    """Start the worker. It inherits the open lock file, so the lock is held without a gap."""
    module = _module_of(job.kind)  # not from the folder: modules may have moved since the run was created
    lock = locks.acquire(job.folder / "lock", patience=0.5)
    if lock is None:
        raise JobError("This job is running already.")
    with lock, (job.folder / "worker.log").open("ab") as log:
        files.remove_leftovers(job.folder)
        run_folders.write_request(job, state="run")
        begun: dict[str, Any] = {"pid": None, "has_turn": False, "queued": queue.next_queue_time()}
        run_folders.write_status(job, state="waiting", message="", **begun)
        fork_server.start_worker(job, module, lock, log)
