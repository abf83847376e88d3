"""Hand-made features (HOG) beside learned ones, read by the same classifiers on whole and on partial digits."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from core.commands import tables
from core.digits.datasets import Dataset
from core.networks.evaluation import COLUMNS
from core.studies.handmade_features import (
    FEATURES,
    NETWORK,
    STUDY,
    FeatureRow,
    FeatureStudy,
    find_values,
    run_features,
    summarize,
)
from core.studies.recorded import Record, StudyStep
from core.studies.workers import WorkerPool
from core.system.number_format import format_spread
from core.transfer.classification import CLASSIFIERS
from core.zoo import checkpoints
from core.zoo.fit import check_fit

NAME = STUDY


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this study."""
    default = FeatureStudy()
    parser.add_argument("--learned", type=int, default=default.learned, help="training digits of each classifier")
    parser.add_argument("--seeds", type=int, default=default.seeds)


def run(options: argparse.Namespace, dataset: Dataset, out: Path, pool: WorkerPool) -> Iterator[StudyStep]:
    """Yield the study after each kind of features and seed."""
    check_fit(checkpoints.load_card(NETWORK), dataset)
    config, rows = FeatureStudy(learned=options.learned, seeds=options.seeds), list[FeatureRow]()
    for step in run_features(dataset, config, out, pool=pool):
        rows = sorted([*rows, *step.rows], key=lambda row: (FEATURES.index(row.features), row.classifier, row.seed))
        yield StudyStep(step.share, f"{FEATURES[step.task[0]]}, seed {step.task[1]}", summarize(rows, dataset, config))


def lines(record: Record) -> Iterator[str]:
    """Yield a line for each kind of features and classifier, and the conclusions."""
    yield f"{record['dataset']['images']:,} test digits, {record['dataset']['name']}; accuracy in percent"
    rows = [
        (features, classifier, *(format_spread(values) for values in found))
        for features in FEATURES
        for classifier in CLASSIFIERS
        if all(found := [find_values(record, features, classifier, column) for column in COLUMNS])
    ]
    yield from tables.to_lines(("features", "classifier", *COLUMNS), rows)
    yield from ("", *record["conclusions"], f"\n{record['command']}")
