"""The jobs that wait for their turn, in order. Imports no torch, like `run_folders`."""

import time
from collections import Counter

from core.jobs import run_folders
from core.jobs.run_folders import Job, read_status


def waiting_jobs() -> list[Job]:
    """Return the jobs that wait for their turn, the next one first: a visitor's first job before another's second."""
    entries, ahead = _queue_entries(), _count_running()
    ranks = []
    for queued, name, job in entries:
        ranks.append((ahead[job.visitor], queued, name))
        ahead[job.visitor] += 1
    jobs = {job.id: job for _, _, job in entries}
    return [jobs[name] for _, _, name in sorted(ranks)]


def _count_running() -> Counter[str]:
    return Counter(job.visitor for job in run_folders.list_jobs() if read_status(job).state == "running")


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
