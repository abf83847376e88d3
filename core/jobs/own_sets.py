"""A visitor's own sets: each is a finished run that holds one file, so that the limits of runs hold for it too."""

from core.digits.datasets import DATASETS, OWN, Dataset, title_of
from core.digits.own_sets import storage
from core.digits.own_sets.limits import OwnSetError
from core.jobs import control, limits, run_folders, run_titles
from core.jobs.run_folders import Job, JobError

MAX_SETS = 5  # per visitor


def keep_set(dataset: Dataset, title: str, visitor: str, origin: str = "") -> Job:
    """Keep a set for a visitor. Raises OwnSetError, JobError and OSError."""
    title = run_titles.unique_title(f"{title} (own)" if title in DATASETS else title, visitor)
    content = storage.to_file(dataset, title)  # before the lock: it takes a second
    with control.lock_submissions():
        if len(list_sets(visitor)) >= MAX_SETS:
            raise OwnSetError(f"You keep {MAX_SETS} sets already: delete one of them first.")
        limits.make_room(limits.SET)
        return run_folders.create_job(
            files={storage.FILE: content},
            fill=lambda folder: None,
            kind=limits.SET,
            title=title,
            settings={},
            visitor=visitor,
            origin=origin,
            threads=1,
        )


def list_sets(visitor: str) -> dict[str, str]:
    """Return the titles of a visitor's sets by their names (`own:...`), the newest first."""
    jobs = (job for job in run_folders.list_jobs(visitor) if job.kind == limits.SET)
    return {name_of(job): title_of(name_of(job)) for job in jobs}


def may_use(name: str, visitor: str | None) -> bool:
    """Say whether a set `own:...` is in a data folder, or is kept for this visitor."""
    if storage.find_shared(name):
        return True
    try:
        job = run_folders.load_job(name.removeprefix(OWN))
    except JobError:
        return False
    return job.kind == limits.SET and job.visitor == visitor and storage.find(name) is not None


def name_of(job: Job) -> str:
    """Return the name under which a kept set is loaded."""
    return f"{OWN}{job.id}"


def delete_set(name: str, visitor: str) -> None:
    """Delete a visitor's own set. Raises OwnSetError if it is not theirs, and JobError."""
    if not may_use(name, visitor) or storage.find_shared(name):
        raise OwnSetError("This set is not yours, or it is deleted already.")
    control.remove(name.removeprefix(OWN))
