"""The similarity shortcut: hits, precision, accuracy and time by stage, threshold and number of stored digits."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from core.commands import tables
from core.digits.datasets import Dataset
from core.studies.recorded import Record, StudyStep, find_rows
from core.studies.similarity import (
    HALF_TRAINED,
    SECOND_HALF,
    TEST,
    SimilarityConfig,
    SimilarityRow,
    run_similarity,
)
from core.studies.similarity_record import STUDY, summarize
from core.studies.workers import WorkerPool
from core.zoo import checkpoints
from core.zoo.fit import check_fit

NAME = STUDY
NETWORKS = ("standard",)  # shipped; one more is trained on the first half of the digits


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this study."""
    default = SimilarityConfig()
    parser.add_argument("--loss", type=float, default=default.loss, help="points of accuracy that thresholds may cost")
    parser.add_argument("--epochs", type=int, default=default.epochs, help="of the network trained on one half")


def run(options: argparse.Namespace, dataset: Dataset, out: Path, pool: WorkerPool) -> Iterator[StudyStep]:
    """Yield the study after each network."""
    config = SimilarityConfig(loss=options.loss, epochs=options.epochs)
    cards = {name: checkpoints.load_card(name) for name in NETWORKS}
    for card in cards.values():
        check_fit(card, dataset)
    networks = {name: checkpoints.load_classifier(name) for name in NETWORKS}
    weights = {name: card.weights_sha256 for name, card in cards.items()}
    names, rows = (HALF_TRAINED, *NETWORKS), list[SimilarityRow]()
    for step in run_similarity(networks, dataset, config, out, settings=weights, pool=pool):
        rows = sorted([*rows, *step.rows], key=lambda row: names.index(row.network))
        yield StudyStep(step.share, step.task, summarize(rows, dataset, config, cards))


def lines(record: Record) -> Iterator[str]:
    """Yield a table for each network with a row for each setting, and the conclusions."""
    loss = record["settings"]["loss"]
    yield f"{record['dataset']['name']}; thresholds chosen on validation digits for {loss:g} points at most; in percent"
    outcomes = ("hits", "correct hits", "accuracy")
    header = ("compared at", "seen", *(f"{split}: {name}" for split in (SECOND_HALF, TEST) for name in outcomes))
    for network, title in record["networks"].items():
        yield f"\n{title}"
        rows = [_cells(record, row) for row in find_rows(record, network=network, split=TEST)]
        yield from tables.to_lines((*header, "time, batch", "time, alone"), rows)
    yield "time: compared with the plain network's"
    yield from ("", *record["conclusions"], f"\n{record['command']}")


def _cells(record: Record, row: Record) -> tuple[str, ...]:
    same = {name: row[name] for name in ("network", "seen", "stages")}
    second, *_ = find_rows(record, **same, split=SECOND_HALF)
    times = (f"{row['times'][way]['ratio']:.2f}" for way in ("together", "alone"))
    return (row["stages"], f"{row['seen']:,}", *_outcomes(second), *_outcomes(row), *times)


def _outcomes(row: Record) -> tuple[str, str, str]:
    chosen = row["chosen"]
    precision = "–" if chosen["precision"] is None else f"{chosen['precision']:.1f}"
    return f"{chosen['hits']:.1f}", precision, f"{chosen['accuracy']:.2f}"
