"""The second model: a network that learned from another one's feature maps, for all pairs of digits."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from core.commands import tables
from core.digits.datasets import Dataset
from core.second_model.training import ALL_MAPS, DIGITS, SecondModelConfig
from core.studies.recorded import Record, StudyStep
from core.studies.second_model import STUDY, PairRow, run_pairs, summarize
from core.studies.workers import WorkerPool

NAME = STUDY
COLUMNS = {
    "network 1": (DIGITS, DIGITS),
    "network 2": (ALL_MAPS, DIGITS),
    "network 1 on maps": (DIGITS, ALL_MAPS),
    "network 2 on maps": (ALL_MAPS, ALL_MAPS),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this study."""
    default = SecondModelConfig()
    parser.add_argument("--learned", type=int, default=default.learned, help="training digits of each class")
    parser.add_argument("--epochs", type=int, default=default.epochs, help="of network 1")


def run(options: argparse.Namespace, dataset: Dataset, out: Path, pool: WorkerPool) -> Iterator[StudyStep]:
    """Yield the study after each pair."""
    config = SecondModelConfig(learned=options.learned, epochs=options.epochs)
    rows: list[PairRow] = []
    for step in run_pairs(dataset, config, out, pool=pool):
        rows = sorted([*rows, *step.rows], key=lambda row: (row.first, row.second))
        names = " and ".join(dataset.classes[label] for label in step.task)
        yield StudyStep(step.share, names, summarize(rows, dataset, config))


def lines(record: Record) -> Iterator[str]:
    """Yield a line for each pair, and the conclusions."""
    classes = record["classes"]
    yield f"{record['dataset']['name']}; accuracy in percent on test digits, or on their maps"
    rows = [
        (
            f"{classes[row['first']]} and {classes[row['second']]}",
            *(f"{row['accuracies'][learned][read]:.1f}" for learned, read in COLUMNS.values()),
        )
        for row in record["rows"]
    ]
    yield from tables.to_lines(("", *COLUMNS), rows)
    yield from ("", *record["conclusions"], f"\n{record['command']}")
