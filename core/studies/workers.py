"""Who works on the independent parts of a study: this process, several of this machine, or the workers of a cluster.

Wherever a part is done, one thread computes it: more would add up in another order, and figures would not be the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

import joblib
import torch

from core.digits import datasets
from core.digits.datasets import Dataset

ROOT = Path(__file__).parents[2]
Task = TypeVar("Task")
Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True)
class WorkerPool:
    """How many there are, or where. Raises ValueError, one sentence, for what cannot be."""

    workers: int = 1
    """Processes of this machine."""
    dask: str | None = None
    """The address of a Dask scheduler, whose workers then do everything."""

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise ValueError(f"There must be at least one worker, not {self.workers}.")
        if self.dask is not None and self.workers > 1:
            raise ValueError("A Dask cluster has workers of its own: ask for --workers or for --dask.")

    def map(
        self, work: Callable[[Dataset, Task], Result], dataset: Dataset, tasks: Sequence[Task]
    ) -> Iterator[tuple[Task, Result]]:
        """Yield each task with what the work returns for it, the one first that is finished first.

        Work that leaves this process is a function of a module, or a `partial` of one with small arguments. The digits
        stay: who works elsewhere loads them there. Raises ValueError, one sentence, when somebody cannot go on.
        """
        elsewhere = partial(_run_elsewhere, work, _describe_environment(dataset))
        if self.dask is None:
            one = partial(_run_here, work, dataset) if self.workers == 1 else elsewhere
            jobs = (joblib.delayed(one)(task) for task in tasks)
            yield from joblib.Parallel(n_jobs=self.workers, return_as="generator_unordered")(jobs)
        elif tasks:
            from core.studies import dask_cluster  # a second to import, so only where needed

            yield from dask_cluster.map_tasks(self.dask, elsewhere, tasks)


SINGLE_PROCESS = WorkerPool()


@dataclass(frozen=True)
class Environment:
    """What all must have in common whose figures stand in one table."""

    dataset: str
    sha256: str
    torch: str
    project: str
    """A hash of all that computes: the sources of core, and the cards of the shipped networks, which name theirs."""


def _describe_environment(dataset: Dataset) -> Environment:
    return Environment(dataset.name, dataset.sha256, version("torch"), _hash_project())


@cache
def _hash_project() -> str:
    found = hashlib.sha256()
    for path in sorted([*(ROOT / "core").rglob("*.py"), *(ROOT / "checkpoints").glob("*.json")]):
        found.update(path.read_bytes())
    return found.hexdigest()


def _run_here(work: Callable[[Dataset, Task], Result], dataset: Dataset, task: Task) -> tuple[Task, Result]:
    torch.set_num_threads(1)
    return task, work(dataset, task)


def _run_elsewhere(work: Callable[[Dataset, Task], Result], terms: Environment, task: Task) -> tuple[Task, Result]:
    return _run_here(work, _load(terms), task)


@cache
def _load(terms: Environment) -> Dataset:
    """Return the digits that everyone works with, once for all parts that this process does. Raises ValueError."""
    if version("torch") != terms.torch:
        raise ValueError(f"It has torch {version('torch')}, the study is computed with {terms.torch}.")
    if _hash_project() != terms.project:
        raise ValueError("It has another version of the project's core or of its networks.")
    dataset = datasets.load(terms.dataset)
    if dataset.sha256 != terms.sha256:
        raise ValueError(f"It has other digits under the name of {terms.dataset}.")
    return dataset
