"""The process that runs a job: waits for its turn, writes every record, and follows requests to pause or stop.

`control` starts it as `python -m core.jobs.worker ID MODULE LOCK`: the module of the job's kind, and the number of the
open file that holds the job's lock.
"""

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
# A paused job keeps its memory. After this time it ends; resumed, it continues from its last finished epoch.
MAX_PAUSE = 600.0  # seconds
# A job that computes for longer makes room for the others; resumed, it joins the end of the queue.
MAX_TIME = 4 * 3600.0  # seconds
NICE_VARIABLE = "NEGATIVE_SPACE_NICE"
NICENESS = 10  # the pages answer first; 0 on a machine that serves no pages
OUT_OF_TIME_MESSAGE = (
    f"It computed for {MAX_TIME / 3600:g} hours, as long as a job may at once; what it had done is kept, and you can "
    "resume it."
)
STOPPED_MESSAGE = "Stopped; what it had done by then is kept."


class JobStopped(Exception):
    """The job ends before its work is done; the message is one sentence for its status."""


def main(name: str, module: str, lock: str) -> None:
    """Detach from the starter, then run the job."""
    if os.fork():
        os._exit(0)  # so that the worker has no parent that must wait for its end
    os.set_inheritable(int(lock), False)
    chosen = os.environ.get(NICE_VARIABLE, "")
    lower_priority(int(chosen) if chosen.isdecimal() else NICENESS)
    job = run_folders.load_job(name)
    state, message = run_and_report(job, module)
    try:
        run_folders.write_status(job, state=state, message=message)
    except OSError:  # a full disk has no room for another file, but there is some in the old one
        run_folders.write_status(job, write=files.overwrite_in_place, state=state, message=message)
    os.close(int(lock))  # at once: the end of a process that computed takes a while


def lower_priority(niceness: int) -> None:
    """Let others go first. Where Linux shares cores between sessions, niceness alone counts only within ours."""
    os.nice(niceness)
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(niceness))


def run_and_report(job: Job, module: str) -> tuple[str, str]:
    """Run the job; return its final state and a sentence about it."""
    try:
        run_job(job, module)
    except JobStopped as stopped:
        return "stopped", str(stopped)
    except (ValueError, OSError) as error:
        return "failed", files.describe_error(error, "A file of this job")
    except Exception as error:
        traceback.print_exc()
        return "failed", f"It failed unexpectedly ({type(error).__name__}); worker.log in its folder has the details."
    return "done", ""


def run_job(job: Job, module: str) -> None:
    """Wait for a turn, then write the records until they end. Raises JobStopped when that is requested."""
    run_folders.write_status(job, pid=os.getpid())
    slot = wait_for_turn(job)
    try:
        run_folders.filter_steps(job, lambda step: True)
        run, end = importlib.import_module(module).run, time.monotonic() + MAX_TIME
        with closing(run(job.settings, job.folder, partial(run_folders.read_request, job))) as records:
            for record in records:
                run_folders.append_step(job, asdict(record))
                request = run_folders.read_request(job).state
                if request == "stop":  # while it still has its turn: saving takes a while
                    raise JobStopped(STOPPED_MESSAGE)
                if time.monotonic() > end:
                    raise JobStopped(OUT_OF_TIME_MESSAGE)
                if request == "pause":
                    slot.close()
                    slot, end = wait_for_turn(job), time.monotonic() + MAX_TIME
    finally:
        slot.close()


def wait_for_turn(job: Job) -> BinaryIO:
    """Return the open file of the slot in which the job may run; a paused job is not in the queue.

    Raises JobStopped when that is requested, or after MAX_PAUSE seconds of pause.
    """
    state, since = run_folders.read_status(job).state, time.monotonic()
    while True:
        request = run_folders.read_request(job).state
        if request == "stop":
            raise JobStopped(STOPPED_MESSAGE)
        requested: Literal["waiting", "paused"] = "waiting" if request == "run" else "paused"
        if requested != state:
            state, since = requested, time.monotonic()
            run_folders.write_status(job, state=state, queued=queue.next_queue_time())
        if state == "paused" and time.monotonic() > since + MAX_PAUSE:
            raise JobStopped("It was paused for too long; you can resume it from its last complete state.")
        slot = _free_slot(job) if state == "waiting" else None
        if slot:
            run_folders.write_status(job, state="running", started=run_folders.read_status(job).started or time.time())
            return slot
        time.sleep(POLL_INTERVAL)


def _free_slot(job: Job) -> BinaryIO | None:
    """Return a free slot if the job is first in the queue. Looking for a slot is cheap, so it comes first."""
    chosen = os.environ.get(JOBS_VARIABLE, "")
    for number in range(max(1, int(chosen)) if chosen.isdecimal() else 1):
        slot = locks.acquire(run_folders.runs_folder() / f".slot-{number}")
        if slot and [first.id for first in queue.waiting_jobs()[:1]] == [job.id]:
            return slot
        if slot:
            slot.close()
    return None


if __name__ == "__main__":
    main(*sys.argv[1:])
