"""The process that runs a job: waits for its turn, writes every record, and follows requests to pause or stop.

`control` starts it as `python -m core.jobs.worker ID MODULE LOCK`: the module of the job's kind, and the number of the
open file that holds the job's lock.
"""

import importlib
import os
import sys
import traceback
from contextlib import closing, suppress
from dataclasses import asdict
from functools import partial
from pathlib import Path

from core.jobs import run_folders
from core.jobs.run_folders import Job
from core.jobs.turns import STOPPED_MESSAGE, JobStopped, Turns
from core.system import files, interrupts

# A job that computes for longer makes room for the others; resumed, it joins the end of the queue.
MAX_TIME = 4 * 3600.0  # seconds
NICE_VARIABLE = "NEGATIVE_SPACE_NICE"
NICENESS = 10  # the pages answer first; 0 on a machine that serves no pages
OUT_OF_TIME_MESSAGE = (
    f"It computed for {MAX_TIME / 3600:g} hours, as long as a job may at once; what it had done is kept, and you can "
    "resume it."
)


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
    with Turns(job) as turns:
        interrupts.install(turns.end_part)
        run_folders.filter_steps(job, lambda step: True)
        run, end = importlib.import_module(module).run, interrupts.working_time() + MAX_TIME
        with closing(run(job.settings, job.folder, partial(run_folders.read_request, job))) as records:
            for record in records:
                run_folders.append_step(job, asdict(record))
                if run_folders.read_request(job).state == "stop":  # while it still has its turn: saving takes a while
                    raise JobStopped(STOPPED_MESSAGE)
                if interrupts.working_time() > end:
                    raise JobStopped(OUT_OF_TIME_MESSAGE)
                turns.end_record()


if __name__ == "__main__":
    main(*sys.argv[1:])
