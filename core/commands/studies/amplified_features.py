"""Amplified features: how often a class is read once what a digit lacks of it is turned up, against two controls."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from core.commands import tables
from core.commands.studies.by_seed import add_seeds, run_by_seed
from core.digits.datasets import Dataset
from core.studies.amplified_features import SEEDS, STUDY, run_amplified, summarize
from core.studies.recorded import Record, StudyStep
from core.studies.workers import WorkerPool

NAME = STUDY


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this study."""
    add_seeds(parser, SEEDS)


def run(options: argparse.Namespace, dataset: Dataset, out: Path, pool: WorkerPool) -> Iterator[StudyStep]:
    """Yield the study after the shipped networks and after each seed."""
    yield from run_by_seed(run_amplified, summarize, options.seeds, dataset, out, pool)


def lines(record: Record) -> Iterator[str]:
    """Yield a table of all variants, and the conclusions."""
    yield f"{record['dataset']['images']:,} test digits, {record['dataset']['name']}; percent of the digits"
    cells = [
        (row["part"], row["network"], row["kind"], str(row["count"]), f"{row['strength']:g}")
        + tuple(f"{row[share]:.1f}" for share in ("intended", "changed"))
        for row in record["rows"]
    ]
    yield from tables.to_lines(("", "network", "turned up", "maps", "strength", "intended", "changed"), cells)
    yield from ("", *record["conclusions"], f"\n{record['command']}")
