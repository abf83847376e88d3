"""The verb `study`: run a study, continue an interrupted one, or print the recorded one."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from core.commands.options import add_device, choose_dataset
from core.commands.studies import (
    adversarial,
    amplified_features,
    corruptions,
    explanations,
    handmade_features,
    missing_features,
    needed_maps,
    prediction_sets,
    presets,
    pretraining,
    second_model,
    similarity,
)
from core.commands.terminal import answer, progress
from core.digits import datasets
from core.digits.datasets import Dataset
from core.studies.recorded import Record, StudyStep, load_recorded, to_json
from core.studies.workers import WorkerPool
from core.system.device import find_device
from core.system.files import check_writable, write_atomically


class Study(Protocol):
    """What each module of `studies` offers."""

    NAME: str

    def add_arguments(self, parser: argparse.ArgumentParser, /) -> None:
        """Add the options of this study to those that all studies have."""

    def run(self, options: argparse.Namespace, dataset: Dataset, out: Path, pool: WorkerPool, /) -> Iterator[StudyStep]:
        """Yield the study whenever a part of it is finished. Raises ValueError with a sentence."""

    def lines(self, record: Record, /) -> Iterator[str]:
        """Yield the finished study as tables and sentences for people."""


ALL_STUDIES: tuple[Study, ...] = (
    missing_features,
    adversarial,
    corruptions,
    pretraining,
    similarity,
    second_model,
    presets,
    handmade_features,
    prediction_sets,
    needed_maps,
    amplified_features,
    explanations,
)
STUDIES = {study.NAME: study for study in ALL_STUDIES}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the studies with their options."""
    studies = parser.add_subparsers(dest="study", metavar="STUDY", required=True)
    for name, study in STUDIES.items():
        text = str(study.__doc__).partition("\n")[0]
        one = studies.add_parser(name, help=text, description=text)
        one.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="one JSON object on stdout")
        one.add_argument("--recorded", action="store_true", help="print the recorded study, run nothing")
        one.add_argument(
            "--dataset",
            choices=[name for name in datasets.list_names() if name != datasets.MADE_DIGITS],
            help="default: MNIST, if here",
        )
        out = f"the finished study (default: runs/{name}.json); finished parts in a folder beside it are reused"
        one.add_argument("--out", type=Path, metavar="FILE", help=out)
        one.add_argument("--workers", type=int, default=1, help="processes; each needs a core and 2 GB of memory")
        dask = "of a Dask scheduler, such as tcp://10.0.0.5:8786; workers need this project, these digits, one thread"
        one.add_argument("--dask", metavar="ADDRESS", help=dask)
        add_device(one)
        study.add_arguments(one)


def run(options: argparse.Namespace) -> None:
    """Print the study as one JSON object for machines, as tables and sentences for people."""
    study = STUDIES[options.study]
    record = load_recorded(study.NAME, options.dataset or "MNIST") if options.recorded else _run(study, options)
    answer(options, record, study.lines(record))


def _run(study: Study, options: argparse.Namespace) -> Record:
    """Return the finished study; its finished parts are written at once, so that an interrupted one can be read."""
    device = find_device(options.device)
    pool = WorkerPool(workers=options.workers, dask=options.dask, device=device.type)
    dataset = choose_dataset(options.dataset).to(device)
    out, record = options.out or Path("runs") / f"{study.NAME}.json", {}
    check_writable(out.parent)
    for step in study.run(options, dataset, out, pool):
        progress(step.share, step.text)
        record = step.record
        write_atomically(out, to_json(record))
    return record
