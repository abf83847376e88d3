"""What a discriminator's convolutions are worth as a classifier's beginning, with few and with many labelled digits."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.commands.studies.progress import StudyStep
from core.digits.datasets import Dataset
from core.studies.pretraining import PretrainingConfig, PretrainingRow, run_pretraining
from core.studies.pretraining_record import STUDY, summarize, to_lines
from core.studies.workers import WorkerPool

NAME = STUDY


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what this study takes."""
    default = PretrainingConfig()
    parser.add_argument("--seeds", type=int, default=default.seeds)
    labelled = ",".join(map(str, default.labelled))
    parser.add_argument("--labelled", default=labelled, help=f"how many labelled digits ({labelled})")
    parser.add_argument("--gan-epochs", type=int, default=default.gan_epochs, help="of the GAN that sees no labels")


def run(options: argparse.Namespace, dataset: Dataset, out: Path, pool: WorkerPool) -> Iterator[StudyStep]:
    """Yield the study after each seed and number of labelled digits."""
    try:
        labelled = tuple(map(int, options.labelled.split(",")))
    except ValueError:
        raise ValueError(f"--labelled takes whole numbers with commas between, not {options.labelled!r}.") from None
    config = PretrainingConfig(labelled=labelled, seeds=options.seeds, gan_epochs=options.gan_epochs)
    rows: list[PretrainingRow] = []
    for step in run_pretraining(dataset, config, out, pool=pool):
        rows += step.rows
        yield StudyStep(step.share, step.what, summarize(rows, dataset, config))


def lines(record: dict[str, Any]) -> Iterator[str]:
    """Yield the table, and what it says."""
    yield from to_lines(record)
