"""How jobs share the machine: each computes for a short turn, then the next one in the queue does.

There is a slot for each core; a job takes one for each of its threads. A job that computes alone goes on without a
break. Imports no torch, like `run_folders`.
"""

import os
import select
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from core.jobs import queue, run_folders
from core.jobs.run_folders import Job
from core.system import interrupts, locks

JOBS_VARIABLE, TURN_VARIABLE = "NEGATIVE_SPACE_JOBS", "NEGATIVE_SPACE_TURN"
TURN = 1.0  # seconds
# A job's first turn ends with its first record, so that whoever starts one soon sees something. These are turns.
MIN_FIRST_TURN, MAX_FIRST_TURN = 0.1, 5.0
BELL = "bell"  # the pipe in a job's folder through which another job tells it that it is next
POLL_INTERVAL = 0.5  # seconds between two looks at the queue of a job that nobody tells
HANDOVER = 0.5  # seconds for which a job that is told so tries to get the slot
# A paused job keeps its memory. After this time it ends; resumed, it continues from its last finished epoch.
MAX_PAUSE = 600.0  # seconds
STOPPED_MESSAGES = dict.fromkeys(("train", "generator"), "The training was stopped. The network is saved.")  # by kind


class JobStopped(Exception):
    """The job ends before its work is done; the message is one sentence for its status."""


def describe_stop(job: Job) -> str:
    """Return a sentence on a job that was stopped: what is saved of it."""
    if run_folders.read_status(job).started is None:
        return "It was stopped before it began."
    return STOPPED_MESSAGES.get(job.kind, "It was stopped. What it had done is saved.")


class Turns:
    """The turns of one job, which holds a slot while it computes; as a context, from its first turn to its end."""

    def __init__(self, job: Job) -> None:
        self.job, self._length = job, turn_length()
        self._slots: list[BinaryIO] = []
        self._began = self._ends = 0.0
        self._first = True

    def __enter__(self) -> Self:
        """Wait for the first turn. Raises JobStopped."""
        self._take(follow_requests=True)
        self._ends = self._began + self._length * MAX_FIRST_TURN
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._release()

    def end_record(self) -> None:
        """Pause if that is requested, and let others have their turn. Raises JobStopped, as `wait_for_turn`."""
        if self._first:
            self._first = False
            self._ends = self._began + self._length * MIN_FIRST_TURN
        paused = run_folders.read_request(self.job).state == "pause"
        if paused or self._is_over(self._ends):
            self._give_way(follow_requests=True)

    def end_part(self) -> None:
        """Let others have their turn in the middle of a record that takes long.

        What is requested of the job has to wait until the record is complete. So has the turn's end, if it does soon.
        """
        if not self._slots:  # it was stopped, and saves what it has
            self._give_way(follow_requests=False)
        elif self._is_over(self._ends + self._length):
            self._give_way(follow_requests=False)

    def _is_over(self, end: float) -> bool:
        """Say whether the turn is over and another job waits; if none does, the turn begins again."""
        if time.monotonic() < end:
            return False
        if queue.next_job():
            return True
        self._ends = time.monotonic() + self._length
        return False

    def _give_way(self, *, follow_requests: bool) -> None:
        self._first = False
        run_folders.write_status(self.job, has_turn=False, queued=queue.next_queue_time())
        self._release()
        self._take(follow_requests=follow_requests)

    def _release(self) -> None:
        if self._slots:
            _close(self._slots)
            self._slots = []
            call_next()

    def _take(self, *, follow_requests: bool) -> None:
        start = time.monotonic()
        self._slots = wait_for_turn(self.job, follow_requests=follow_requests)
        interrupts.discount(time.monotonic() - start)
        self._began = time.monotonic()
        self._ends = self._began + self._length
        if count_slots() > 1:
            call_next()  # another slot may be free


def turn_length() -> float:
    """Return the seconds of a turn: NEGATIVE_SPACE_TURN, else TURN."""
    chosen = os.environ.get(TURN_VARIABLE, "")
    return float(chosen) if chosen.replace(".", "", 1).isdecimal() else TURN


def count_slots() -> int:
    """Return how many jobs may compute at the same time: NEGATIVE_SPACE_JOBS, else as many as there are cores."""
    return _chosen_jobs() or os.cpu_count() or 1


def _chosen_jobs() -> int:
    chosen = os.environ.get(JOBS_VARIABLE, "")
    return max(1, int(chosen)) if chosen.isdecimal() else 0


def _count_needed(job: Job) -> int:
    """Return how many slots the job takes: one, or where nobody chose their number, one for each of its threads."""
    return 1 if _chosen_jobs() else min(job.threads, count_slots())


def wait_for_turn(job: Job, *, follow_requests: bool = True) -> list[BinaryIO]:
    """Return the open files of the slots in which the job may compute; a paused job is not in the queue.

    Raises JobStopped when that is requested, or after MAX_PAUSE seconds of pause.
    """
    state, since, patience = run_folders.read_status(job).state, time.monotonic(), 0.0
    bell = _open_bell(job)
    try:
        while True:
            request = run_folders.read_request(job).state if follow_requests else "run"
            if request == "stop":
                raise JobStopped(describe_stop(job))
            if (request == "pause") != (state == "paused"):
                state, since = "paused" if request == "pause" else "waiting", time.monotonic()
                run_folders.write_status(job, state=state, has_turn=False, queued=queue.next_queue_time())
            if state == "paused" and time.monotonic() > since + MAX_PAUSE:
                raise JobStopped("It was paused for too long; you can resume it from its last complete state.")
            if state != "paused" and (slots := _take_slots(job, patience)):
                started = run_folders.read_status(job).started or time.time()
                run_folders.write_status(job, state="running", has_turn=True, started=started)
                return slots
            patience = HANDOVER if _hear(bell) else 0.0
    except JobStopped:
        _leave_queue(job)
        raise
    finally:
        if bell is not None:
            os.close(bell)
            (job.folder / BELL).unlink(missing_ok=True)


def _leave_queue(job: Job) -> None:
    """Let the others go on while a stopped job saves what it has: a job that has its turn is not in the queue."""
    with suppress(OSError):
        run_folders.write_status(job, has_turn=True)
    call_next()


def _take_slots(job: Job, patience: float) -> list[BinaryIO]:
    """Return free slots if they suffice and the job is first in the queue. Taking them is cheap, so it comes first."""
    end = time.monotonic() + patience
    while True:
        slots = _free_slots(_count_needed(job))
        if slots and (first := queue.next_job()) and first.id == job.id:
            return slots
        _close(slots)
        if slots:
            call_next()
        if slots or time.monotonic() >= end:
            return []
        time.sleep(0.005)


def _free_slots(needed: int) -> list[BinaryIO]:
    """Take so many slots, or none."""
    slots: list[BinaryIO] = []
    for number in range(count_slots()):
        slot = locks.acquire(run_folders.runs_folder() / f".slot-{number}")
        slots += [] if slot is None else [slot]
        if len(slots) == needed:
            return slots
    _close(slots)
    return []


def _close(slots: list[BinaryIO]) -> None:
    for slot in slots:
        slot.close()


def _open_bell(job: Job) -> int | None:
    """Open the job's pipe at both ends, so that it stays open; None on a disk that has no pipes."""
    try:
        with suppress(FileExistsError):
            os.mkfifo(job.folder / BELL, 0o600)
        return os.open(job.folder / BELL, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None


def _hear(bell: int | None) -> bool:
    """Wait for POLL_INTERVAL or until the bell rings; say whether it did."""
    heard, _, _ = select.select([] if bell is None else [bell], [], [], POLL_INTERVAL)
    if bell is not None and heard:
        os.read(bell, 4096)
    return bool(heard)


def call_next() -> None:
    """Tell the first job in the queue that a slot may be free."""
    if job := queue.next_job():
        _ring(job.folder / BELL)


def _ring(path: Path) -> None:
    with suppress(OSError):  # it has no process any more, or does not listen yet
        bell = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            os.write(bell, b"1")
        finally:
            os.close(bell)
