"""Pre-training: what a discriminator's convolutions are worth as the first weights of a classifier."""

import argparse
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from core.commands import tables
from core.digits.datasets import Dataset
from core.studies.pretraining import STARTS, PretrainingConfig, PretrainingRow, run_pretraining
from core.studies.pretraining_record import STUDY, label_counts, summarize
from core.studies.recorded import Record, StudyStep, find_row
from core.studies.workers import WorkerPool

NAME = STUDY


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this study."""
    default = PretrainingConfig()
    parser.add_argument("--seeds", type=int, default=default.seeds)
    labelled = ",".join(map(str, default.labelled))
    parser.add_argument("--labelled", default=labelled, help=f"numbers of labelled digits; default: {labelled}")
    parser.add_argument("--gan-epochs", type=int, default=default.gan_epochs, help="of the GAN trained without labels")


def run(options: argparse.Namespace, dataset: Dataset, out: Path, pool: WorkerPool) -> Iterator[StudyStep]:
    """Yield the study after each seed and number of labelled digits."""
    try:
        labelled = tuple(map(int, options.labelled.split(",")))
    except ValueError:
        raise ValueError(f"--labelled takes whole numbers separated by commas, not {options.labelled!r}.") from None
    config = PretrainingConfig(labelled=labelled, seeds=options.seeds, gan_epochs=options.gan_epochs)
    rows: list[PretrainingRow] = []
    for step in run_pretraining(dataset, config, out, pool=pool):
        rows += step.rows
        yield StudyStep(step.share, step.text, summarize(rows, dataset, config))


def lines(record: Record) -> Iterator[str]:
    """Yield the table and the conclusions."""
    about, counts = record["dataset"], label_counts(record)
    yield f"{about['images']:,} test digits, {about['name']}; mean accuracy in percent and its spread over the seeds\n"
    rows = [
        (
            record["titles"][start] + (", frozen" if frozen else ""),
            *(_cell(find_row(record, arm=start, frozen=frozen, labelled=count)) for count in counts),
        )
        for start, frozen in product(STARTS, (False, True))
    ]
    yield from tables.to_lines(("first weights of the convolutions", *(f"{count:,}" for count in counts)), rows)
    yield from ("", *record["conclusions"], f"\n{record['command']}")


def _cell(row: Record | None) -> str:
    if row is None:
        return "–"
    return f"{row['mean']:.2f}" + ("" if row["std"] is None else f" ± {row['std']:.2f}")
