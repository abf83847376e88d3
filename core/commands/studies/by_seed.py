"""What studies have in common that measure the shipped networks and then those of each seed."""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from core.digits.datasets import Dataset
from core.studies.finished_parts import PartStep
from core.studies.recorded import Record, StudyStep
from core.studies.seed_networks import MISSING, STANDARD, list_parts
from core.studies.workers import WorkerPool
from core.zoo import checkpoints
from core.zoo.fit import check_fit


class Run(Protocol):
    """A study that yields the rows of each part."""

    def __call__(
        self, dataset: Dataset, seeds: int, out: Path, *, pool: WorkerPool
    ) -> Iterator[PartStep[str, Any]]: ...


class Summarize(Protocol):
    """What makes the record of the finished rows."""

    def __call__(self, rows: Sequence[Any], dataset: Dataset, seeds: int) -> Record: ...


def add_seeds(parser: argparse.ArgumentParser, default: int) -> None:
    """Add the number of seeds."""
    parser.add_argument("--seeds", type=int, default=default, help="networks that are trained beside the shipped ones")


def run_by_seed(
    run: Run, summarize: Summarize, seeds: int, dataset: Dataset, out: Path, pool: WorkerPool
) -> Iterator[StudyStep]:
    """Yield the study after each part, its rows in order. Raises ValueError for no seeds or for other classes."""
    parts = list_parts(seeds)
    for name in (STANDARD, MISSING):
        check_fit(checkpoints.load_card(name), dataset)
    rows: list[Any] = []
    for step in run(dataset, seeds, out, pool=pool):
        rows = sorted([*rows, *step.rows], key=lambda row: parts.index(row.part))
        yield StudyStep(step.share, step.task, summarize(rows, dataset, seeds))
