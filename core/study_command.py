"""The verb `study` of the command line: run a study, go on with an interrupted one, or print the recorded one."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from core import datasets
from core.datasets import Dataset
from core.files import replace
from core.studies.arms import ARMS
from core.studies.records import STUDIES, load_recorded, summarize, to_json
from core.studies.study import NETWORKS, StudyConfig, run_study

Progress = Callable[[float, str], None]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the verb takes."""
    default = StudyConfig()
    parser.add_argument("study", choices=STUDIES)
    parser.add_argument("--recorded", action="store_true", help="print the recorded study, run nothing")
    parser.add_argument("--dataset", choices=(*datasets.NAMES, datasets.OFFLINE), help="MNIST, or what there is")
    parser.add_argument("--networks", default=",".join(NETWORKS), help=f"of {', '.join(NETWORKS)} and others")
    parser.add_argument("--arms", help=f"of {', '.join(ARMS)}; their controls come along")
    parser.add_argument("--seeds", type=int, default=default.seeds)
    parser.add_argument("--costly-seeds", type=int, help="fewer seeds for arms in which convolutions learn")
    parser.add_argument("--epochs", type=int, default=default.epochs, help="and as many again for every retraining")
    parser.add_argument("--workers", type=int, default=1, help="processes; each wants a core and 2 GB of memory")
    out = "the finished study; its finished seeds lie in a folder beside it, and the next run goes on from them"
    parser.add_argument("--out", type=Path, default=Path("runs/missing-features.json"), metavar="FILE", help=out)


def run(options: argparse.Namespace, progress: Progress) -> None:
    """Print the study as one JSON object for machines, as a table and sentences for people."""
    record = load_recorded(options.study, options.dataset or "MNIST") if options.recorded else _study(options, progress)
    print(json.dumps(record) if options.json else "\n".join(_lines(record)))


def _study(options: argparse.Namespace, progress: Progress) -> dict[str, Any]:
    config = _config(options)
    dataset = datasets.load(config.dataset)
    if dataset.name == datasets.OFFLINE:
        print("These are the offline digits, not MNIST; figures on them are their own.", file=sys.stderr)
    for step in run_study(config, dataset, options.out, workers=options.workers):
        progress(step.done / step.tasks, f"{step.network}, seed {step.seed}{' (kept)' if step.kept else ''}")
        _write(config, dataset, options.out)
    return summarize(config, dataset, options.out)


def _config(options: argparse.Namespace) -> StudyConfig:
    here = "MNIST" if datasets.on_this_machine("MNIST") else datasets.OFFLINE
    return StudyConfig(
        dataset=options.dataset or here,
        networks=tuple(options.networks.split(",")),
        arms=tuple(options.arms.split(",")) if options.arms is not None else tuple(ARMS),
        seeds=options.seeds,
        costly_seeds=options.costly_seeds,
        epochs=options.epochs,
    )


def _write(config: StudyConfig, dataset: Dataset, out: Path) -> None:
    """Keep the study as far as it is, so that an interrupted one can be looked at."""
    out.parent.mkdir(parents=True, exist_ok=True)
    replace(out, to_json(summarize(config, dataset, out)))


def _lines(record: dict[str, Any]) -> Iterator[str]:
    about = record["dataset"]
    yield f"{about['images']:,} test digits, {about['name']}; mean accuracy in percent over the seeds, and its spread"
    for network, sentences in record["conclusions"].items():
        yield f"\n{network:34}seeds" + "".join(f"{column:>14}" for column in record["columns"])
        found: dict[tuple[str, int], list[str]] = {}
        for row in record["rows"]:
            if row["network"] == network:
                spread = "" if row["std"] is None else f" ± {row['std']:.1f}"
                found.setdefault((row["title"], row["seeds"]), []).append(f"{row['mean']:.1f}{spread}".rjust(14))
        yield from (f"{title:34}{seeds:5}{''.join(cells)}" for (title, seeds), cells in found.items())
        yield from ("", *sentences)
    yield f"\n{record['command']}"
