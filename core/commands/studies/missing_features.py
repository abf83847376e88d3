"""Missing features: every method from the talk, compared with an identical network without the inversion."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from core.commands import tables
from core.digits.datasets import Dataset
from core.studies.arms import ARMS, SECOND_PAPER
from core.studies.missing_features import NETWORKS, StudyConfig, run_study
from core.studies.missing_features_record import STUDY, summarize
from core.studies.recorded import Record, StudyStep
from core.studies.workers import WorkerPool

NAME = STUDY


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this study."""
    default = StudyConfig()
    parser.add_argument("--networks", default=",".join(NETWORKS), help=f"default: {','.join(NETWORKS)}")
    own = f"default: all but the second paper's {', '.join(SECOND_PAPER)}"
    parser.add_argument("--arms", help=f"of {', '.join(ARMS)}; controls are added; {own}")
    parser.add_argument("--seeds", type=int, default=default.seeds)
    parser.add_argument("--costly-seeds", type=int, help="fewer seeds for arms whose convolutions are trained")
    parser.add_argument("--epochs", type=int, default=default.epochs, help="and as many again for every retraining")


def run(options: argparse.Namespace, dataset: Dataset, out: Path, pool: WorkerPool) -> Iterator[StudyStep]:
    """Yield the study after each seed of a network."""
    config = StudyConfig(
        dataset=dataset.name,
        networks=tuple(options.networks.split(",")),
        arms=tuple(options.arms.split(",")) if options.arms is not None else StudyConfig.arms,
        seeds=options.seeds,
        costly_seeds=options.costly_seeds,
        epochs=options.epochs,
    )
    for step in run_study(config, dataset, out, pool=pool):
        yield StudyStep(step.done / step.tasks, f"{step.network}, seed {step.seed}", summarize(config, dataset, out))


def lines(record: Record) -> Iterator[str]:
    """Yield a table for each network, and the conclusions."""
    about = record["dataset"]
    yield f"{about['images']:,} test digits, {about['name']}; mean accuracy in percent over the seeds, and its spread"
    for network, sentences in record["conclusions"].items():
        yield ""
        yield from tables.to_lines((network, "seeds", *record["columns"]), _rows(record, network))
        yield from ("", *sentences)
    yield f"\n{record['command']}"


def _rows(record: Record, network: str) -> Iterator[tuple[str, ...]]:
    """Yield a row for each arm: title, number of seeds, and a cell for each column."""
    cells: dict[tuple[str, int], list[str]] = {}
    for row in record["rows"]:
        if row["network"] == network:
            spread = "" if row["std"] is None else f" ± {row['std']:.1f}"
            cells.setdefault((row["title"], row["seeds"]), []).append(f"{row['mean']:.1f}{spread}")
    yield from ((title, str(seeds), *found) for (title, seeds), found in cells.items())
