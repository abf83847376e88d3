"""The jobs that wait for their turn, in order. Imports no torch, like `run_folders`."""

import time

from core.jobs import run_folders
from core.jobs.run_folders import Job, read_status


def waiting_jobs() -> list[Job]:
    """Return the jobs that wait for their turn, the next one first."""
    return [job for _, _, job in _queue_entries()]


def next_queue_time() -> float:
    """Return the time to record for a job that joins the queue: now, but later than every waiting job's.

    So the order holds when the clock is set back. Nothing else depends on the clock: the lock says whether a job has a
    worker, and durations are measured by `time.monotonic`.
    """
    return max([time.time(), *(queued + 1e-3 for queued, _, _ in _queue_entries())])


def _queue_entries() -> list[tuple[float, str, Job]]:
    waiting = ((read_status(job), job) for job in run_folders.list_jobs())
    queued = [(status.queued, job.id, job) for status, job in waiting if status.state == "waiting"]
    return sorted(queued, key=lambda entry: entry[:2])
