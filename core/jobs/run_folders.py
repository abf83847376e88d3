"""Run folders: all that is known of a job is on disk, where any process reads it. Nothing starts here, see `control`.

`job.json` is what was asked for, `steps.jsonl` what happened (a record per line), `status.json` where it stands (the
worker writes it), `wish.json` what people ask of it; `lock` is held as long as the worker lives. No torch in here: a
worker that waits for its turn must cost nothing.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar
from uuid import uuid4

from core.system import locks
from core.system.files import write_atomically

PROJECT_RUNS = Path(__file__).parents[2] / "runs"
RUNS_VARIABLE = "NEGATIVE_SPACE_RUNS"
MAX_RUNS, MAX_BYTES = 40, 500_000_000
ACTIVE = ("waiting", "running", "paused")
LOST_MESSAGE = "Stopped in the middle, when its process ended; it can be resumed."


class JobError(ValueError):
    """A job that cannot be run, read or changed; the message is one sentence for the person who asked."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """What was asked for; it never changes."""

    id: str
    kind: str
    module: str
    """Whose `run(settings, folder, wishes)` yields the records."""
    title: str
    settings: dict[str, Any]
    visitor: str
    created: float
    """Seconds since 1970, as every time here."""
    threads: int
    """To compute with; a resumed job must use as many as before to learn the same, bit by bit."""

    @property
    def folder(self) -> Path:
        return runs_folder() / self.id


@dataclass(frozen=True, kw_only=True)
class Status:
    """Where a job stands; `lost` is never written, but found out: its worker is gone and did not say why."""

    state: Literal["waiting", "running", "paused", "done", "stopped", "failed", "lost"] = "waiting"
    message: str = ""
    pid: int | None = None
    queued: float = 0.0
    """When it last joined the queue."""
    started: float | None = None
    updated: float = 0.0

    @property
    def active(self) -> bool:
        return self.state in ACTIVE


@dataclass(frozen=True, kw_only=True)
class JobRequest:
    """What people ask of a job."""

    state: Literal["run", "pause", "stop"] = "run"
    learning_rate: float | None = None
    """None: that of the settings."""


def runs_folder() -> Path:
    """Return the folder of all runs: NEGATIVE_SPACE_RUNS, else `runs/` in the project."""
    return Path(os.environ.get(RUNS_VARIABLE) or PROJECT_RUNS).absolute()


def create_job(work: Callable[[Path], object] | None = None, **asked: Any) -> Job:
    """Make the folder of a new job, with what was asked (see Job). It appears whole. Raises OSError and TypeError.

    `work` puts into the folder what a process would else work out: the job appears done.
    """
    asked["settings"] = json.loads(json.dumps(asked["settings"]))
    now = time.time()
    job = Job(id=f"{time.strftime('%Y%m%d-%H%M%S', time.localtime(now))}-{uuid4().hex[:6]}", created=now, **asked)
    made = runs_folder() / f".{job.id}"
    made.mkdir(parents=True)
    try:
        write_atomically(made / "job.json", json.dumps(asdict(job)).encode())
        if work is not None:
            work(made)
            status = Status(state="done", queued=now, updated=now)
            write_atomically(made / "status.json", json.dumps(asdict(status)).encode())
        made.rename(job.folder)
    except OSError:
        shutil.rmtree(made, ignore_errors=True)
        raise
    return job


def load_job(name: str) -> Job:
    """Return the job of that id. Raises JobError."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name):
        raise JobError(f"{name!r} is no name of a run.")
    try:
        return Job(**json.loads((runs_folder() / name / "job.json").read_bytes()))
    except FileNotFoundError:
        raise JobError(f"There is no run called {name!r}; it may have made room for newer ones.") from None
    except (OSError, ValueError, TypeError):
        raise JobError(f"What the run {name!r} was asked for cannot be read.") from None


def list_jobs(visitor: str | None = None) -> list[Job]:
    """Return everybody's jobs or one visitor's, the newest first; folders that are no run are passed over."""
    jobs = []
    for path in runs_folder().glob("[!.]*/job.json"):
        try:
            jobs.append(load_job(path.parent.name))
        except JobError:
            continue
    found = (job for job in jobs if visitor is None or job.visitor == visitor)
    return sorted(found, key=lambda job: (job.created, job.id), reverse=True)


def is_alive(job: Job) -> bool:
    """Say whether the job has a worker, which may be waiting or paused."""
    return locks.is_held(job.folder / "lock")


def read_status(job: Job) -> Status:
    """Return where the job stands: lost when its worker is gone without having said so."""
    status = _read(job.folder / "status.json", Status)
    alive = is_alive(job)
    if status is None:
        return Status(state="running" if alive else "lost", message="" if alive else LOST_MESSAGE, queued=job.created)
    if status.active and not alive:
        # It may have ended between the two looks, and said so.
        status = _read(job.folder / "status.json", Status) or status
        return Status(**{**asdict(status), "state": "lost", "message": LOST_MESSAGE}) if status.active else status
    return status


def write_status(job: Job, *, write: Callable[[Path, bytes], None] = write_atomically, **changes: Any) -> Status:
    """Change where the job stands; for the holder of its lock alone. Raises OSError."""
    status = _read(job.folder / "status.json", Status) or Status(queued=job.created)
    status = Status(**{**asdict(status), **changes, "updated": time.time()})
    write(job.folder / "status.json", json.dumps(asdict(status)).encode())
    return status


def read_request(job: Job) -> JobRequest:
    """Return what is asked of the job; it shall run when nobody said otherwise."""
    return _read(job.folder / "wish.json", JobRequest) or JobRequest()


def write_request(job: Job, **changes: Any) -> None:
    """Ask something of the job. Raises OSError."""
    wish = JobRequest(**{**asdict(read_request(job)), **changes})
    write_atomically(job.folder / "wish.json", json.dumps(asdict(wish)).encode())


_Record = TypeVar("_Record")


def _read(path: Path, record: Callable[..., _Record]) -> _Record | None:
    try:
        return record(**json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def append_step(job: Job, record: dict[str, Any]) -> None:
    """Add a record. Raises OSError."""
    with (job.folder / "steps.jsonl").open("ab") as file:
        file.write(json.dumps(record).encode() + b"\n")


def read_steps(name: str, since: int = 0) -> list[dict[str, Any]]:
    """Return the records of that run, but the first `since`; a line that is still being written is none yet.

    A resumed job drops what it has to do again and writes it anew, so for a while there may be fewer than before.
    """
    try:
        whole, _, _ = (runs_folder() / name / "steps.jsonl").read_bytes().rpartition(b"\n")
    except OSError:
        return []
    return list(map(json.loads, whole.split(b"\n")[since:])) if whole else []


def filter_steps(job: Job, wanted: Callable[[dict[str, Any]], bool]) -> None:
    """Drop all other records, and what is left of a line that was being written. Raises OSError."""
    kept = [json.dumps(step) + "\n" for step in read_steps(job.id) if wanted(step)]
    write_atomically(job.folder / "steps.jsonl", "".join(kept).encode())


def keep(name: str, *, kept: bool = True) -> None:
    """Say whether this run may be removed to make room for others. Raises OSError."""
    mark = load_job(name).folder / "kept"
    if kept:
        mark.touch()
    else:
        mark.unlink(missing_ok=True)


def is_kept(job: Job) -> bool:
    return (job.folder / "kept").exists()


def remove(name: str) -> None:
    """Delete the run. Raises JobError while it is at work."""
    job = load_job(name)
    if read_status(job).active:
        raise JobError("This job is at work: stop it first.")
    away = job.folder.rename(runs_folder() / f".removed-{job.id}")  # nobody ever reads half a run
    shutil.rmtree(away, ignore_errors=True)  # what stays of it, `make_room` removes


def remove_old_runs() -> None:
    """Remove the oldest finished runs that nobody keeps until one more fits. Raises JobError when none does."""
    for left in (*runs_folder().glob(".removed-*"), *runs_folder().glob(".[0-9]*-*")):  # half removed, or half made
        shutil.rmtree(left, ignore_errors=True)
    old = [job for job in reversed(list_jobs()) if not (is_kept(job) or read_status(job).active)]
    while len(list_jobs()) >= MAX_RUNS or disk_use() > MAX_BYTES:
        if not old:
            raise JobError("There is no room for another run: let go of one that is kept, or wait until one has ended.")
        remove(old.pop(0).id)


def disk_use(folder: Path | None = None) -> int:
    """Return the bytes that the files of all runs take, or those of one run's folder."""
    return sum(map(_size, (folder or runs_folder()).rglob("*")))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:  # removed since it was listed
        return 0
