"""The process that runs a job: waits for its turns, writes every record, and follows requests to pause or stop."""

import importlib
import os
import traceback
from contextlib import closing, suppress
from dataclasses import asdict
from functools import partial
from pathlib import Path

from core.jobs import run_folders
from core.jobs.run_folders import Job
from core.jobs.turns import JobStopped, Turns, describe_stop
from core.system import files, interrupts

# A job that computes for longer makes room for the others; resumed, it joins the end of the queue.
MAX_TIME = 4 * 3600.0  # seconds
NICE_VARIABLE = "NEGATIVE_SPACE_NICE"
NICENESS = 10  # the pages answer first; 0 on a machine that serves no pages
OUT_OF_TIME_MESSAGE = (
    f"It computed for {MAX_TIME / 3600:g} hours, as long as a job may at once; what it had done is kept, and you can "
    "resume it."
)


def main(job: Job, module: str) -> None:
    """Run the job, with the module of its kind, and write how it ended."""
    state, message = run_and_report(job, module)
    try:
        run_folders.write_status(job, state=state, message=message)
    except OSError:  # a full disk has no room for another file, but there is some in the old one
        run_folders.write_status(job, write=files.overwrite_in_place, state=state, message=message)


def niceness() -> int:
    """Return by how much jobs let others go first: NEGATIVE_SPACE_NICE, else NICENESS."""
    chosen = os.environ.get(NICE_VARIABLE, "")
    return int(chosen) if chosen.isdecimal() else NICENESS


def lower_priority(by: int) -> None:
    """Let others go first."""
    os.nice(by)
    lower_session_priority(by)


def lower_session_priority(by: int) -> None:
    """Let other sessions go first: where Linux shares cores between sessions, niceness alone counts only within one."""
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(by))


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
                    raise JobStopped(describe_stop(job))
                if interrupts.working_time() > end:
                    raise JobStopped(OUT_OF_TIME_MESSAGE)
                turns.end_record()
