"""What visitors call their runs, and their notes on them: no two of a visitor's runs have the same title."""

import json
from dataclasses import asdict, replace
from itertools import chain, count
from typing import Any

from core.jobs import control, run_folders
from core.jobs.run_folders import Job, JobError
from core.system.files import write_atomically
from core.system.safe_names import MAX_NAME_LENGTH
from core.zoo import checkpoints

MAX_NOTES = 400  # characters


def unique_title(title: str, visitor: str, *, except_for: str = "") -> str:
    """Return the title, at most MAX_NAME_LENGTH long, with a number if another network of this visitor has it.

    A shipped network counts, too; the run with the id `except_for` does not.
    """
    taken = {job.title for job in run_folders.list_jobs(visitor) if job.id != except_for}
    taken |= {card.title for card in checkpoints.list_cards()[0]}
    title = title.strip() or "A network"
    endings = chain([""], (f" ({number})" for number in count(2)))
    titles = (title[: MAX_NAME_LENGTH - len(ending)].rstrip() + ending for ending in endings)
    return next(one for one in titles if one not in taken)


def rename(name: str, title: str) -> str:
    """Give the run of this id another title; return the title, which may have a number.

    Raises JobError, also for an empty title.
    """
    if not title.strip():
        raise JobError("Type a name first.")
    with control.lock_submissions():
        job = run_folders.load_job(name)
        title = unique_title(title, job.visitor, except_for=name)
        _change(job, title=title)
    return title


def write_notes(name: str, notes: str) -> None:
    """Set the notes on the run of this id. Raises JobError, also for notes that are too long."""
    if len(notes) > MAX_NOTES:
        raise JobError(f"Notes have at most {MAX_NOTES} characters.")
    with control.lock_submissions():
        _change(run_folders.load_job(name), notes=notes.strip())


def _change(job: Job, **changes: Any) -> None:
    write_atomically(job.folder / "job.json", json.dumps(asdict(replace(job, **changes))).encode())
