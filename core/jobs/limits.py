"""How many runs and jobs there may be, and which make room for another: nobody is kept out by one who has many.

A visitor is recognised by a number that the browser keeps, and anybody can make up such numbers. So limits also count
where visitors connect from (`Job.origin`), and no origin may take the last places. Imports no torch, like
`run_folders`.
"""

import shutil
from collections import Counter
from collections.abc import Callable, Iterable

from core.jobs import queue, run_folders
from core.jobs.run_folders import Job, JobError, is_kept, read_status

BROUGHT, SET = "loaded", "set"
"""The kinds of a run that holds a network from a file, or one's own set."""
FROM_FILES = (BROUGHT, SET)
MAX_JOBS_PER_ORIGIN, MAX_JOBS = 36, 40  # waiting, running or paused
MAX_KEPT_PER_VISITOR, MAX_KEPT_PER_ORIGIN, MAX_KEPT = 8, 16, 20
RESERVED_SHARE = 8  # one of so many places is for what was brought and is not kept
WORTH_MOST = 2
WHICH_GO_FIRST = (
    "When there is no place, runs without a result are deleted first, then uploaded networks and sets, then trained "
    "networks. The visitor with the most loses the oldest one first. Kept networks are not deleted."
)
"""The rule by which `make_room` removes runs, for visitors."""


def make_room(kind: str) -> None:
    """Remove ended runs that are not kept until one more of this kind fits. Raises JobError when none can go.

    Damaged runs go first. Of runs that ended without a record, then brought networks, then the others, the oldest one
    goes of the visitor who has most, at the origin that has most. A brought network never removes a trained one.
    """
    _remove_unfinished()
    ended = list_ended()
    while True:
        crowded = kind not in FROM_FILES and _leaves_none_for_brought(ended)
        if not (crowded or len(ended) >= run_folders.MAX_RUNS or run_folders.disk_use() > run_folders.MAX_BYTES):
            return
        if run_folders.remove_damaged():
            continue
        leaving = _find_least([job for job in ended if not is_kept(job) and _gives_way(job, kind, crowded=crowded)])
        run_folders.remove(leaving.id)
        ended.remove(leaving)


def list_ended() -> list[Job]:
    """Return the runs of all visitors that have ended: `run_folders.MAX_RUNS` is the limit of these."""
    return [job for job in run_folders.list_jobs() if not read_status(job).active]


def _leaves_none_for_brought(ended: list[Job]) -> bool:
    """Say whether trained and kept runs have taken all places but those reserved for brought networks."""
    others = sum(job.kind not in FROM_FILES or is_kept(job) for job in ended)
    return others >= run_folders.MAX_RUNS - run_folders.MAX_RUNS // RESERVED_SHARE


def _gives_way(job: Job, kind: str, *, crowded: bool) -> bool:
    """Say whether a run that is not kept may be removed for one of this kind."""
    if kind in FROM_FILES:
        return _worth(job) < WORTH_MOST
    return not crowded or job.kind not in FROM_FILES


def _remove_unfinished() -> None:
    for unfinished in (*run_folders.runs_folder().glob(".removed-*"), *run_folders.runs_folder().glob(".[0-9]*-*")):
        shutil.rmtree(unfinished, ignore_errors=True)


def _worth(job: Job) -> int:
    """Return 0 for a run without a record, 1 for a brought network or set, 2 for a run that has results."""
    if job.kind in FROM_FILES:
        return 1
    steps = job.folder / "steps.jsonl"
    return WORTH_MOST if steps.is_file() and steps.stat().st_size else 0


def _find_least(jobs: list[Job]) -> Job:
    """Return the run that makes room first. Raises JobError when there is none."""
    if not jobs:
        raise JobError("There is no room for another run: stop keeping one, or wait until one has ended.")
    origins, visitors = _count(jobs, lambda job: job.origin), _count(jobs, lambda job: job.visitor)
    return min(jobs, key=lambda job: (_worth(job), -origins[job.origin], -visitors[job.visitor], job.created, job.id))


def _count(jobs: Iterable[Job], of: Callable[[Job], str]) -> Counter[str]:
    return Counter(map(of, jobs))


def check_keeping(job: Job) -> None:
    """Raise JobError if the visitor, the origin or all together keep too many runs to keep this one too."""
    kept = [one for one in run_folders.list_jobs() if one.id != job.id and is_kept(one)]
    mine = sum(one.visitor == job.visitor for one in kept)
    if mine >= MAX_KEPT_PER_VISITOR:
        raise JobError(f"You keep {mine} networks already: stop keeping one of them first.")
    if sum(one.origin == job.origin for one in kept) >= MAX_KEPT_PER_ORIGIN or len(kept) >= MAX_KEPT:
        raise JobError("Others keep so many networks that there is no place left: download yours instead.")


def find_displaced(visitor: str, origin: str) -> Job | None:
    """Return the job that must end for another one of this visitor; None if there is room.

    A full queue takes a visitor's first job instead of another's second one. Raises JobError where there is no room.
    """
    active = [job for job, _ in queue.list_active()]
    visitors = _count(active, lambda job: job.visitor)
    near = [job for job in active if job.origin == origin]
    full = near if len(near) >= MAX_JOBS_PER_ORIGIN else active if len(active) >= MAX_JOBS else []
    if not full:
        return None
    most = max(full, key=lambda job: (visitors[job.visitor], job.created))
    if visitors[most.visitor] <= visitors[visitor] + 1:
        raise JobError(f"{len(full)} jobs wait or run already: try again when one has ended.")
    return most
