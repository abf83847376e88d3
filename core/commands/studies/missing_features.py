"""Missing features against matched controls: seeds x arms x cuts."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.commands.studies.progress import StudyStep
from core.digits.datasets import Dataset
from core.studies.arms import ARMS
from core.studies.missing_features import NETWORKS, StudyConfig, run_study
from core.studies.recorded import STUDY, summarize
from core.studies.workers import WorkerPool

NAME = STUDY


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what this study takes."""
    default = StudyConfig()
    parser.add_argument("--networks", default=",".join(NETWORKS), help=f"of {', '.join(NETWORKS)} and others")
    parser.add_argument("--arms", help=f"of {', '.join(ARMS)}; their controls come along")
    parser.add_argument("--seeds", type=int, default=default.seeds)
    parser.add_argument("--costly-seeds", type=int, help="fewer seeds for arms in which convolutions learn")
    parser.add_argument("--epochs", type=int, default=default.epochs, help="and as many again for every retraining")


def run(options: argparse.Namespace, dataset: Dataset, out: Path, pool: WorkerPool) -> Iterator[StudyStep]:
    """Yield the study after each seed of a network."""
    config = StudyConfig(
        dataset=dataset.name,
        networks=tuple(options.networks.split(",")),
        arms=tuple(options.arms.split(",")) if options.arms is not None else tuple(ARMS),
        seeds=options.seeds,
        costly_seeds=options.costly_seeds,
        epochs=options.epochs,
    )
    for step in run_study(config, dataset, out, pool=pool):
        text = f"{step.network}, seed {step.seed}{' (kept)' if step.kept else ''}"
        yield StudyStep(step.done / step.tasks, text, summarize(config, dataset, out))


def lines(record: dict[str, Any]) -> Iterator[str]:
    """Yield a table for each network, and what it says."""
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
