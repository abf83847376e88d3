"""The second model: a network that learned from another one's feature maps, over all pairs of digits."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.commands.studies.progress import StudyStep
from core.digits.datasets import Dataset
from core.second_model.training import ALL_MAPS, DIGITS, SecondModelConfig
from core.studies.second_model import STUDY, PairRow, run_pairs, summarize
from core.studies.workers import WorkerPool

NAME = STUDY


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what this study takes."""
    default = SecondModelConfig()
    parser.add_argument("--learned", type=int, default=default.learned, help="digits of each class to learn from")
    parser.add_argument("--epochs", type=int, default=default.epochs, help="of network 1")


def run(options: argparse.Namespace, dataset: Dataset, out: Path, pool: WorkerPool) -> Iterator[StudyStep]:
    """Yield the study after each pair."""
    config = SecondModelConfig(learned=options.learned, epochs=options.epochs)
    rows: list[PairRow] = []
    for step in run_pairs(dataset, config, out, pool=pool):
        rows = sorted([*rows, step.row], key=lambda row: (row.first, row.second))
        names = " and ".join(dataset.classes[label] for label in (step.row.first, step.row.second))
        text = f"{names}{' (kept)' if step.kept else ''}"
        yield StudyStep(step.done / step.pairs, text, summarize(rows, dataset, config))


def lines(record: dict[str, Any]) -> Iterator[str]:
    """Yield a line for each pair, and what they say."""
    columns = {
        "network 1": (DIGITS, DIGITS),
        "network 2": (ALL_MAPS, DIGITS),
        "network 1 on maps": (DIGITS, ALL_MAPS),
        "network 2 on maps": (ALL_MAPS, ALL_MAPS),
    }
    yield f"{record['dataset']['name']}; percent of test digits, or of their maps, read right"
    yield f"{'':12}" + "".join(f"{name:>20}" for name in columns)
    for row in record["rows"]:
        names = f"{record['classes'][row['first']]} and {record['classes'][row['second']]}"
        yield f"{names:12}" + "".join(f"{row['accuracies'][one][two]:20.1f}" for one, two in columns.values())
    yield from ("", *record["conclusions"], f"\n{record['command']}")
