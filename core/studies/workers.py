"""Compute the independent parts of a study: in this process, in several of this machine, or on a Dask cluster.

Everywhere one thread computes a part: several would sum in another order, and the figures would differ.
"""

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
    """The workers of a study. Raises ValueError, one sentence, for impossible numbers."""

    workers: int = 1
    """Processes of this machine."""
    dask: str | None = None
    """The address of a Dask scheduler, whose workers then do everything."""
    device: str = "cpu"
    """The device that each worker's digits are put on; networks follow them."""

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise ValueError(f"There must be at least one worker, not {self.workers}.")
        if self.dask is not None and self.workers > 1:
            raise ValueError("A Dask cluster has its own workers: give --workers or --dask, not both.")

    def map(
        self, work: Callable[[Dataset, Task], Result], dataset: Dataset, tasks: Sequence[Task]
    ) -> Iterator[tuple[Task, Result]]:
        """Yield each task with its result, in the order in which they finish.

        `work` must be a function of a module, or a `partial` of one with small arguments. The digits are not sent:
        other processes load them. Raises ValueError, one sentence, when a worker fails.
        """
        elsewhere = partial(_run_elsewhere, work, _describe_environment(dataset), self.device)
        if self.dask is None:
            one = partial(_run_here, work, dataset.to(self.device)) if self.workers == 1 else elsewhere
            jobs = (joblib.delayed(one)(task) for task in tasks)
            yield from joblib.Parallel(n_jobs=self.workers, return_as="generator_unordered")(jobs)
        elif tasks:
            from core.studies import dask_cluster  # takes a second to import

            yield from dask_cluster.map_tasks(self.dask, elsewhere, tasks)


SINGLE_PROCESS = WorkerPool()


@dataclass(frozen=True)
class Environment:
    """What all processes must have in common to contribute to one table."""

    dataset: str
    sha256: str
    torch: str
    project: str
    """A hash of the sources of core and of the shipped networks' cards, which hold hashes of their weights."""


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


def _run_elsewhere(
    work: Callable[[Dataset, Task], Result], environment: Environment, device: str, task: Task
) -> tuple[Task, Result]:
    return _run_here(work, _load(environment, device), task)


@cache
def _load(environment: Environment, device: str) -> Dataset:
    """Return the digits on a device, loaded once per process. Raises ValueError for another environment."""
    if version("torch") != environment.torch:
        raise ValueError(f"It has torch {version('torch')}, the study is computed with {environment.torch}.")
    if _hash_project() != environment.project:
        raise ValueError("It has another version of the project's core or of its networks.")
    dataset = datasets.load(environment.dataset)
    if dataset.sha256 != environment.sha256:
        raise ValueError(f"It has other digits under the name of {environment.dataset}.")
    return dataset.to(device)
