"""Needed maps: accuracy of a class without the feature maps that it needs most, against random maps, over seeds."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from core.commands import tables
from core.commands.studies.by_seed import add_seeds, run_by_seed
from core.digits.datasets import Dataset
from core.studies.needed_maps import ALONE, SEEDS, STUDY, run_needed_maps, summarize
from core.studies.recorded import Record, StudyStep
from core.studies.workers import WorkerPool

NAME = STUDY


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this study."""
    add_seeds(parser, SEEDS)


def run(options: argparse.Namespace, dataset: Dataset, out: Path, pool: WorkerPool) -> Iterator[StudyStep]:
    """Yield the study after the shipped networks and after each seed."""
    yield from run_by_seed(run_needed_maps, summarize, options.seeds, dataset, out, pool)


def lines(record: Record) -> Iterator[str]:
    """Yield a table of the sets of maps that were silent together, and the conclusions."""
    yield f"{record['dataset']['images']:,} test digits, {record['dataset']['name']}; accuracy of each class in percent"
    cells = [
        (
            row["part"],
            row["network"],
            row["silent"],
            str(row["count"]),
            "" if row["needed_by"] is None else record["classes"][row["needed_by"]],
            *(f"{share:.1f}" for share in row["accuracy"]),
        )
        for row in record["rows"]
        if row["silent"] != ALONE
    ]
    yield from tables.to_lines(("", "network", "silent", "maps", "needed by", *record["classes"]), cells)
    yield from ("", *record["conclusions"], f"\n{record['command']}")
