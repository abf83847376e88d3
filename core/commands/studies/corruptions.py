"""Natural corruptions: accuracy of five networks against shift, scale, rotation, blur, noise and more."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from core.commands import tables
from core.commands.studies.by_network import run_by_network
from core.corruptions.kinds import CORRUPTIONS
from core.digits.datasets import Dataset
from core.studies.corruptions import NETWORKS, STUDY, run_corruptions, summarize
from core.studies.recorded import Record, StudyStep
from core.studies.workers import WorkerPool

NAME = STUDY


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add no options: every network is measured at every strength."""


def run(options: argparse.Namespace, dataset: Dataset, out: Path, pool: WorkerPool) -> Iterator[StudyStep]:
    """Yield the study after each network."""
    yield from run_by_network(
        NETWORKS, dataset, lambda cards: run_corruptions(dataset, cards, out, pool=pool), summarize
    )


def lines(record: Record) -> Iterator[str]:
    """Yield a table for each corruption, and the conclusions."""
    yield f"{record['dataset']['name']}, test digits; accuracy in percent"
    for kind, one in CORRUPTIONS.items():
        rows = [row for row in record["rows"] if row["corruption"] == kind]
        yield f"\n{one.title}: {one.about}"
        cells = [
            (record["networks"][row["network"]], f"{row['digits']:,}", *(f"{share:.1f}" for share in row["accuracy"]))
            for row in rows
        ]
        yield from tables.to_lines(("", "digits", *map(one.describe, one.strengths)), cells)
    yield from ("", *record["conclusions"], f"\n{record['command']}")
