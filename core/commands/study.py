"""The verb `study` of the command line: run a study, go on with an interrupted one, or print the recorded one."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

from core.commands.studies import adversarial, missing_features, pretraining, second_model, similarity
from core.commands.studies.progress import StudyStep
from core.digits import datasets
from core.digits.datasets import Dataset
from core.studies.recorded import load_recorded, to_json
from core.studies.workers import WorkerPool
from core.system.files import check_writable, write_atomically

Progress = Callable[[float, str], None]


class Study(Protocol):
    """What a module of `studies` offers."""

    NAME: str

    def add_arguments(self, parser: argparse.ArgumentParser, /) -> None:
        """Say what this study takes besides what all of them take."""

    def run(self, options: argparse.Namespace, dataset: Dataset, out: Path, pool: WorkerPool, /) -> Iterator[StudyStep]:
        """Yield the study as far as it is, whenever a part of it is finished. Raises ValueError with a sentence."""

    def lines(self, record: dict[str, Any], /) -> Iterator[str]:
        """Yield the finished study as a table and sentences for people."""


STUDIES: dict[str, Study] = {
    study.NAME: study for study in (missing_features, adversarial, pretraining, similarity, second_model)
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the verb takes."""
    studies = parser.add_subparsers(dest="study", metavar="STUDY", required=True)
    for name, study in STUDIES.items():
        says = str(study.__doc__).partition("\n")[0]
        one = studies.add_parser(name, help=says, description=says)
        one.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="one JSON object on stdout")
        one.add_argument("--recorded", action="store_true", help="print the recorded study, run nothing")
        one.add_argument(
            "--dataset", choices=(*datasets.STORED_DATASETS, datasets.OFFLINE), help="MNIST, or what there is"
        )
        out = "the finished study; its finished parts lie in a folder beside it, and the next run goes on from them"
        one.add_argument("--out", type=Path, metavar="FILE", help=f"{out} (runs/{name}.json)")
        one.add_argument("--workers", type=int, default=1, help="processes; each wants a core and 2 GB of memory")
        dask = "of a Dask scheduler, such as tcp://10.0.0.5:8786; its workers run this project, each with one thread"
        one.add_argument("--dask", metavar="ADDRESS", help=f"{dask} and the same digits")
        study.add_arguments(one)


def run(options: argparse.Namespace, progress: Progress) -> None:
    """Print the study as one JSON object for machines, as a table and sentences for people."""
    study = STUDIES[options.study]
    recorded, dataset = options.recorded, options.dataset or "MNIST"
    record = load_recorded(study.NAME, dataset) if recorded else _run(study, options, progress)
    print(json.dumps(record) if options.json else "\n".join(study.lines(record)))


def _run(study: Study, options: argparse.Namespace, progress: Progress) -> dict[str, Any]:
    """Return the finished study; what is finished of it is written at once, so that an interrupted one can be seen."""
    pool = WorkerPool(workers=options.workers, dask=options.dask)
    dataset = _load(options.dataset or ("MNIST" if datasets.is_available("MNIST") else datasets.OFFLINE))
    out, record = options.out or Path("runs") / f"{study.NAME}.json", {}
    check_writable(out.parent)
    for step in study.run(options, dataset, out, pool):
        progress(step.share, step.text)
        record = step.record
        write_atomically(out, to_json(record))
    return record


def _load(name: str) -> Dataset:
    dataset = datasets.load(name)
    if dataset.name == datasets.OFFLINE:
        print("These are the offline digits, not MNIST; figures on them are their own.", file=sys.stderr)
    return dataset
