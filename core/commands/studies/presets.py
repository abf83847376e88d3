"""Presets of the page Train: test accuracy and loss over several seeds, to compare with the sources' figures."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from core.commands import tables
from core.digits.datasets import Dataset
from core.studies.preset_training import STUDY, PresetRow, PresetStudy, run_presets, summarize
from core.studies.recorded import Record, StudyStep
from core.studies.workers import WorkerPool

NAME = STUDY


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this study."""
    default = PresetStudy()
    parser.add_argument("--presets", nargs="+", default=list(default.presets), metavar="PRESET", help="their names")
    parser.add_argument("--seeds", type=int, default=default.seeds)
    parser.add_argument("--epochs", type=int, help="default: those of each preset")


def run(options: argparse.Namespace, dataset: Dataset, out: Path, pool: WorkerPool) -> Iterator[StudyStep]:
    """Yield the study after each training."""
    config = PresetStudy(presets=tuple(options.presets), seeds=options.seeds, epochs=options.epochs)
    rows: list[PresetRow] = []
    for step in run_presets(dataset, config, out, pool=pool):
        rows = sorted([*rows, *step.rows], key=lambda row: (config.presets.index(row.preset), row.seed))
        text = f"{config.presets[step.task[0]]}, seed {step.task[1]}"
        yield StudyStep(step.share, text, summarize(rows, dataset, config))


def lines(record: Record) -> Iterator[str]:
    """Yield a line for each training, and the means."""
    yield f"{record['dataset']['images']:,} test digits, {record['dataset']['name']}; accuracy in percent, test loss"
    rows = [(row["preset"], str(row["seed"]), f"{row['accuracy']:.2f}", f"{row['loss']:.4f}") for row in record["rows"]]
    yield from tables.to_lines(("", "seed", "accuracy", "loss"), rows)
    yield from ("", *record["conclusions"], f"\n{record['command']}")
