"""Run folders: all that is known of a job is on disk, where any process can read it. `control` starts and stops jobs.

`job.json` holds what was submitted, `visitor` whose run it is (also where `job.json` is damaged), `steps.jsonl` the
records (one per line), `status.json` the state (written by the worker), `wish.json` the request to the worker; `lock`
is held as long as the worker lives. Imports no torch: a worker that waits for its turn must use little memory.
"""

import json
import re
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TypeVar
from uuid import uuid4

from core.system import locks
from core.system.files import write_atomically
from core.system.parsing import parse_json
from core.system.records import to_record
from core.system.run_place import RUNS_VARIABLE as RUNS_VARIABLE
from core.system.run_place import runs_folder as runs_folder
from core.training.changes import TrainingChanges

MAX_RUNS, MAX_BYTES = 40, 500_000_000  # of those that have ended; see `limits`
KEPT_LIFETIME = 60 * 24 * 3600.0  # seconds for which a run is kept after somebody pressed "Keep"
PRIVATE = 0o700  # only the owner of the server's process reads what visitors made
OWNER = "visitor"  # the file that says whose run it is
LATEST, MAX_THREADS = 1e11, 4096  # a time that a calendar shows
ACTIVE = ("waiting", "running", "paused")
LOST_MESSAGE = "Its process ended before it was done; you can resume it."

Record = TypeVar("Record")


class JobError(ValueError):
    """A job that cannot be run, read or changed; the message is one sentence for the user."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """What was submitted; only title and notes may change: see `run_titles`."""

    id: str
    kind: str
    """A key of `control.KINDS`."""
    title: str
    settings: Any
    """As JSON; the module of its kind reads and checks them."""
    visitor: str
    created: float
    """Seconds since 1970, like every time here."""
    threads: int
    """To compute with; a resumed job must use as many as before to learn the same, bit by bit."""
    origin: str = ""
    """Where its visitor connected from, as a number; empty: unknown, or this machine."""
    notes: str = ""
    """What its visitor wrote about it."""

    def __post_init__(self) -> None:
        if not (0 < self.created < LATEST and 0 < self.threads <= MAX_THREADS):
            raise ValueError("These are no time and no number of threads.")

    @property
    def folder(self) -> Path:
        return runs_folder() / self.id


@dataclass(frozen=True, kw_only=True)
class Status:
    """The state of a job; `lost` is never written: it is inferred when the worker is gone without a final state."""

    state: Literal["waiting", "running", "paused", "done", "stopped", "failed", "lost"] = "waiting"
    message: str = ""
    pid: int | None = None
    has_turn: bool = False
    """Whether it computes now; a job that is running without a turn waits for its next one."""
    queued: float = 0.0
    """When it last joined the queue."""
    started: float | None = None
    updated: float = 0.0

    @property
    def active(self) -> bool:
        return self.state in ACTIVE


@dataclass(frozen=True, kw_only=True)
class JobRequest:
    """What users request of a job."""

    state: Literal["run", "pause", "stop"] = "run"
    changes: TrainingChanges = field(default_factory=TrainingChanges)
    """To the settings of a training."""
    stages: bool = False
    """Whether a training also records what each stage does."""


def create_job(
    fill: Callable[[Path], object] | None = None,
    files: Mapping[str, bytes] = {},  # noqa: B006 (only read)
    **submitted: Any,
) -> Job:
    """Make the folder of a new job from Job's fields; it appears complete. Raises OSError and TypeError.

    `files` are written into the folder. So are the results by `fill`: then the job appears as done.
    """
    submitted["settings"] = json.loads(json.dumps(submitted["settings"]))
    now = time.time()
    name = f"{time.strftime('%Y%m%d-%H%M%S', time.localtime(now))}-{uuid4().hex[:6]}"
    job = Job(id=name, created=now, **submitted)
    folder = runs_folder() / f".{job.id}"
    runs_folder().mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=PRIVATE)
    try:
        _write(folder / "job.json", job)
        write_atomically(folder / OWNER, job.visitor.encode())
        for file, content in files.items():
            write_atomically(folder / file, content)
        if fill is not None:
            fill(folder)
            _write(folder / "status.json", Status(state="done", queued=now, updated=now))
        folder.rename(job.folder)
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return job


def load_job(name: str) -> Job:
    """Return the job of that id. Raises JobError."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name):
        raise JobError(f"{name!r} is no name of a run.")
    try:
        fields = parse_json((runs_folder() / name / "job.json").read_bytes())
        fields.pop("module", None)  # older runs name their module; it may have moved since
        return to_record(Job, {**fields, "id": name})
    except FileNotFoundError:
        raise JobError(f"There is no run called {name!r}; it may have been removed for newer ones.") from None
    except (OSError, ValueError, AttributeError, TypeError):
        raise JobError(f"The settings of the run {name!r} cannot be read.") from None


def list_jobs(visitor: str | None = None) -> list[Job]:
    """Return everybody's jobs or one visitor's, the newest first; skip folders that hold no run."""
    jobs = []
    for path in runs_folder().glob("[!.]*/job.json"):
        try:
            jobs.append(load_job(path.parent.name))
        except JobError:
            continue
    found = (job for job in jobs if visitor is None or job.visitor == visitor)
    return sorted(found, key=lambda job: (job.created, job.id), reverse=True)


def list_damaged(visitor: str | None = None) -> list[str]:
    """Return the ids of everybody's or one visitor's runs whose `job.json` cannot be read, the newest first."""
    owners = {path.parent.name: _read_owner(path) for path in runs_folder().glob(f"[!.]*/{OWNER}")}
    names = [name for name, owner in owners.items() if owner and visitor in (None, owner)]
    return sorted(filter(_is_damaged, names), reverse=True)


def _read_owner(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, ValueError):
        return ""


def _is_damaged(name: str) -> bool:
    try:
        load_job(name)
    except JobError:
        return True
    return False


def is_alive(job: Job) -> bool:
    """Say whether the job has a worker, which may be waiting or paused."""
    return locks.is_held(job.folder / "lock")


def read_status(job: Job) -> Status:
    """Return the state of the job: lost when its worker is gone without a final state."""
    status = _read(job.folder / "status.json", Status)
    alive = is_alive(job)
    if status is None:
        state: Literal["running", "lost"] = "running" if alive else "lost"
        return Status(state=state, message="" if alive else LOST_MESSAGE, has_turn=alive, queued=job.created)
    if status.active and not alive:
        # The worker may have ended, and written its final state, between the two looks.
        status = _read(job.folder / "status.json", Status) or status
        return replace(status, state="lost", message=LOST_MESSAGE) if status.active else status
    return status


def write_status(job: Job, *, write: Callable[[Path, bytes], None] = write_atomically, **changes: Any) -> Status:
    """Change the state of the job; only the holder of its lock may. Raises OSError."""
    status = _read(job.folder / "status.json", Status) or Status(queued=job.created)
    status = replace(status, **{**changes, "updated": time.time()})
    _write(job.folder / "status.json", status, write)
    return status


def read_request(job: Job) -> JobRequest:
    """Return the request to the job; without one: run."""
    return _read(job.folder / "wish.json", JobRequest) or JobRequest()


def write_request(job: Job, **changes: Any) -> None:
    """Change the request to the job; another thread or process that does so waits. Raises OSError."""
    with locks.hold(job.folder / "wish.lock"):
        _write(job.folder / "wish.json", replace(read_request(job), **changes))


def _read(path: Path, record: type[Record]) -> Record | None:
    try:
        return to_record(record, parse_json(path.read_bytes()))
    except (OSError, ValueError):
        return None


def _write(path: Path, record: Any, write: Callable[[Path, bytes], None] = write_atomically) -> None:
    write(path, json.dumps(asdict(record)).encode())


def append_step(job: Job, record: dict[str, Any]) -> None:
    """Add a record. Raises OSError."""
    with (job.folder / "steps.jsonl").open("ab") as file:
        file.write(json.dumps(record).encode() + b"\n")


def read_steps(name: str, since: int = 0, record: type[Any] | None = None) -> list[dict[str, Any]]:
    """Return the records of that run without the first `since`, and without a line that is still being written.

    A resumed job drops the records it has to repeat, so for a while there may be fewer than before. Raises JobError
    when one of them is damaged, or has not the fields of the dataclass `record`.
    """
    try:
        complete, _, _ = (runs_folder() / name / "steps.jsonl").read_bytes().rpartition(b"\n")
    except OSError:
        return []
    lines = complete.split(b"\n")[since:] if complete else []
    try:
        steps = [parse_json(line) for line in lines]
        if record is not None:
            for step in steps:
                to_record(record, step)
    except ValueError:
        raise JobError("The records of this run are damaged: delete it, or start it again.") from None
    return steps


def filter_steps(job: Job, wanted: Callable[[dict[str, Any]], bool], record: type[Any] | None = None) -> None:
    """Drop all other records, and an incomplete last line. Raises OSError, and JobError as `read_steps`."""
    kept = [json.dumps(step) + "\n" for step in read_steps(job.id, record=record) if wanted(step)]
    write_atomically(job.folder / "steps.jsonl", "".join(kept).encode())


def keep(name: str, *, kept: bool = True) -> None:
    """Set whether this run is protected from removal for newer ones. Raises OSError."""
    mark = load_job(name).folder / "kept"
    if kept:
        mark.touch()
    else:
        mark.unlink(missing_ok=True)


def is_kept(job: Job) -> bool:
    """Say whether this run is protected from removal for newer ones."""
    try:
        return time.time() < (job.folder / "kept").stat().st_mtime + KEPT_LIFETIME
    except OSError:
        return False


def remove(name: str) -> None:
    """Delete the run. Raises JobError while it is active."""
    if read_status(load_job(name)).active:
        raise JobError("This job has not ended: stop it first.")
    _discard(name)


def remove_damaged(visitor: str | None = None) -> int:
    """Delete the runs that `list_damaged` names and that no worker has; return how many. Raises OSError."""
    names = [name for name in list_damaged(visitor) if not locks.is_held(runs_folder() / name / "lock")]
    for name in names:
        _discard(name)
    return len(names)


def _discard(name: str) -> None:
    away = (runs_folder() / name).rename(runs_folder() / f".removed-{name}")  # nobody ever reads half a run
    shutil.rmtree(away, ignore_errors=True)  # `limits.make_room` deletes what remains


def disk_use(folder: Path | None = None) -> int:
    """Return the bytes that the files of all runs take, or those of one run's folder."""
    return sum(map(_size, (folder or runs_folder()).rglob("*")))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:  # removed since it was listed
        return 0
