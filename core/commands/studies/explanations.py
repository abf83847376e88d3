"""Attribution methods judged: whose pixels lower the answer when erased, and whose maps depend on the weights."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from core.commands import tables
from core.digits.datasets import Dataset
from core.studies.explanations import (
    STUDY,
    ExplanationRow,
    ExplanationStudy,
    run_explanations,
    summarize,
    tabulate,
)
from core.studies.recorded import Record, StudyStep
from core.studies.workers import WorkerPool

NAME = STUDY


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this study."""
    default = ExplanationStudy()
    parser.add_argument("--seeds", type=int, default=default.seeds, help="networks, each trained from its own seed")
    parser.add_argument("--epochs", type=int, default=default.epochs, help="of each training")
    parser.add_argument("--digits", type=int, default=default.digits, help="test digits, evenly spread")


def run(options: argparse.Namespace, dataset: Dataset, out: Path, pool: WorkerPool) -> Iterator[StudyStep]:
    """Yield the study after each network."""
    config = ExplanationStudy(seeds=options.seeds, epochs=options.epochs, digits=options.digits)
    rows: list[ExplanationRow] = []
    for step in run_explanations(dataset, config, out, pool=pool):
        rows += step.rows
        yield StudyStep(step.share, f"seed {step.task}", summarize(rows, dataset, config))


def lines(record: Record) -> Iterator[str]:
    """Yield a table of all orders, and the conclusions."""
    yield f"{record['dataset']['images']:,} test digits, {record['dataset']['name']}, {record['seeds']} networks"
    header, *rows = tabulate(record)
    yield from tables.to_lines(header, rows)
    yield from ("", *record["conclusions"], f"\n{record['command']}")
