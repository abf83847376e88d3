"""The jobs that wait for their turn, in order. Imports no torch, like `run_folders`."""

import time
from collections import Counter

from core.jobs import run_folders
from core.jobs.run_folders import Job, Status, read_status

HEAD_START = 30.0  # seconds by which a job that had no turn yet is ahead of the others


def waiting_jobs() -> list[tuple[Job, Status]]:
    """Return the jobs that wait for their turn, with their states, the next one first.

    A visitor's first job comes before another's second. Visitors take turns, whatever number of jobs they have.
    """
    active = list_active()
    turns = Counter(job.visitor for job, status in active if status.has_turn)
    ended = {job.visitor: 0.0 for job, _ in active}
    for job, status in active:
        if _waits(status) and status.started is not None:
            ended[job.visitor] = max(ended[job.visitor], status.queued)
    ranks = []
    for job, status in sorted(active, key=lambda entry: (entry[1].queued, entry[0].id)):
        if _waits(status):
            since = status.queued - HEAD_START if status.started is None else ended[job.visitor]
            ranks.append((turns[job.visitor], since, status.queued, job.id, job, status))
            turns[job.visitor] += 1
    return [(job, status) for *_, job, status in sorted(ranks, key=lambda rank: rank[:-2])]


def next_job() -> Job | None:
    """Return the first job in the queue that has a process; one whose process is not ready yet stops nobody."""
    return next((job for job, status in waiting_jobs() if status.pid is not None), None)


def next_queue_time() -> float:
    """Return the time to record for a job that joins the queue: now, but later than every waiting job's.

    So the order holds when the clock is set back. Nothing else depends on the clock: the lock says whether a job has a
    worker, and durations are measured by `time.monotonic`.
    """
    return max([time.time(), *(status.queued + 1e-3 for _, status in list_active() if _waits(status))])


def list_active(visitor: str | None = None) -> list[tuple[Job, Status]]:
    """Return the jobs that have a worker, with their states: those of a visitor, or all."""
    entries = ((job, read_status(job)) for job in run_folders.list_jobs(visitor))
    return [(job, status) for job, status in entries if status.active]


def list_sharing() -> list[Job]:
    """Return the jobs that share the machine: those that compute or wait to, and none that is paused."""
    return [job for job, status in list_active() if status.state != "paused"]


def _waits(status: Status) -> bool:
    return status.state in ("waiting", "running") and not status.has_turn
