"""The process that does a job: waits for its turn, writes down every record, and does what people ask of it.

`control` starts it as `python -m core.jobs.worker ID LOCK`, with the number of the open file that holds the job's lock.
"""

from __future__ import annotations

import importlib
import os
import sys
import time
import traceback
from contextlib import closing, suppress
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import BinaryIO, Literal

from core.jobs import queue, run_folders
from core.jobs.run_folders import Job
from core.system import files, locks

JOBS_VARIABLE = "NEGATIVE_SPACE_JOBS"
POLL_INTERVAL = 0.2  # seconds between two looks at the queue
# A paused job keeps its memory. Later it has to go on from its last finished epoch, in a process of its own.
MAX_PAUSE = 600.0
NICE_VARIABLE = "NEGATIVE_SPACE_NICE"
NICENESS = 10  # the pages answer first; 0 where nobody looks at pages meanwhile
STOPPED_MESSAGE = "Stopped; what it had done by then is kept."


class JobStopped(Exception):
    """It ends before its work is done; the message is one sentence for whoever looks."""


def main(name: str, lock: str) -> None:
    """Let whoever started us go on, then do the job."""
    if os.fork():
        os._exit(0)  # so that the worker is nobody's child and never waits for somebody to take note of its end
    os.set_inheritable(int(lock), False)
    _lower_priority()
    job = run_folders.load_job(name)
    state, message = run_and_report(job)
    try:
        run_folders.write_status(job, state=state, message=message)
    except OSError:  # a full disk has no room for another file, but there is some in the old one
        run_folders.write_status(job, write=files.overwrite_in_place, state=state, message=message)
    os.close(int(lock))  # at once: the end of a process that computed takes a while


def _lower_priority() -> None:
    """Let the pages answer first. Where Linux shares cores between sessions, niceness alone counts only within ours."""
    asked = os.environ.get(NICE_VARIABLE, "")
    niceness = int(asked) if asked.isdecimal() else NICENESS
    os.nice(niceness)
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(niceness))


def run_and_report(job: Job) -> tuple[str, str]:
    """Do the job; return how it ended and a sentence about it."""
    try:
        run_job(job)
    except JobStopped as stopped:
        return "stopped", str(stopped)
    except (ValueError, OSError) as error:
        return "failed", files.describe_error(error, "A file of this job")
    except Exception as error:
        traceback.print_exc()
        return "failed", f"It failed as nobody expected ({type(error).__name__}); worker.log in its folder says where."
    return "done", ""


def run_job(job: Job) -> None:
    """Wait, then yield to the records until they end or somebody wants them to. Raises JobStopped."""
    run_folders.write_status(job, pid=os.getpid())
    slot = wait_for_turn(job)
    try:
        run_folders.filter_steps(job, lambda step: True)
        module = importlib.import_module(job.module)
        with closing(module.run(job.settings, job.folder, partial(run_folders.read_request, job))) as records:
            for record in records:
                run_folders.append_step(job, asdict(record))
                request = run_folders.read_request(job).state
                if request == "stop":  # while it still has its turn: to keep what it has takes a while
                    raise JobStopped(STOPPED_MESSAGE)
                if request == "pause":
                    slot.close()
                    slot = wait_for_turn(job)
    finally:
        slot.close()


def wait_for_turn(job: Job) -> BinaryIO:
    """Return the slot that is this job's, as long as it is open, to work in; paused ones do not stand in line.

    Raises JobStopped when somebody wants that, or when it has been paused for too long.
    """
    state, since = run_folders.read_status(job).state, time.monotonic()
    while True:
        request = run_folders.read_request(job).state
        if request == "stop":
            raise JobStopped(STOPPED_MESSAGE)
        wanted: Literal["waiting", "paused"] = "waiting" if request == "run" else "paused"
        if wanted != state:
            state, since = wanted, time.monotonic()
            run_folders.write_status(job, state=state, queued=queue.next_queue_time())
        if state == "paused" and time.monotonic() > since + MAX_PAUSE:
            raise JobStopped("It was paused for too long; resumed, it goes on from where it last was whole.")
        slot = _free_slot(job) if state == "waiting" else None
        if slot:
            run_folders.write_status(job, state="running", started=run_folders.read_status(job).started or time.time())
            return slot
        time.sleep(POLL_INTERVAL)


def _free_slot(job: Job) -> BinaryIO | None:
    """Return a free slot when no other waits longer. Looking whether one is free is cheap, so it comes first."""
    asked = os.environ.get(JOBS_VARIABLE, "")
    for number in range(max(1, int(asked)) if asked.isdecimal() else 1):
        slot = locks.acquire(run_folders.runs_folder() / f".slot-{number}")
        if slot and [first.id for first in queue.waiting_jobs()[:1]] == [job.id]:
            return slot
        if slot:
            slot.close()
    return None


if __name__ == "__main__":
    main(*sys.argv[1:])
