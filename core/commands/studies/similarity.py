"""The similarity shortcut: hits, precision, accuracy and time by stage, threshold and number of digits seen."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.commands.studies.progress import StudyStep
from core.digits.datasets import Dataset
from core.studies.similarity import HALF_TRAINED, SECOND_HALF, TEST, SimilarityConfig, SimilarityRow, run_similarity
from core.studies.similarity_record import STUDY, select_rows, summarize
from core.studies.workers import WorkerPool
from core.zoo import checkpoints

NAME = STUDY
NETWORKS = ("standard",)  # shipped; one more is trained on the digits seen first


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what this study takes."""
    default = SimilarityConfig()
    parser.add_argument("--loss", type=float, default=default.loss, help="points of accuracy that thresholds may cost")
    parser.add_argument("--epochs", type=int, default=default.epochs, help="of the network that sees one half")


def run(options: argparse.Namespace, dataset: Dataset, out: Path, pool: WorkerPool) -> Iterator[StudyStep]:
    """Yield the study after each network."""
    config = SimilarityConfig(loss=options.loss, epochs=options.epochs)
    cards = {name: checkpoints.load_card(name) for name in NETWORKS}
    networks = {name: checkpoints.load_classifier(name) for name in NETWORKS}
    weights = {name: card.weights_sha256 for name, card in cards.items()}
    names, rows = (HALF_TRAINED, *NETWORKS), list[SimilarityRow]()
    for step in run_similarity(networks, dataset, config, out, settings=weights, pool=pool):
        rows = sorted([*rows, *step.rows], key=lambda row: names.index(row.network))
        text = f"{step.network}{' (kept)' if step.kept else ''}"
        yield StudyStep(step.done / step.networks, text, summarize(rows, dataset, config, cards))


def lines(record: dict[str, Any]) -> Iterator[str]:
    """Yield a table for each network, a row for each setting, and what they say."""
    loss = record["settings"]["loss"]
    yield f"{record['dataset']['name']}; thresholds chosen on validation digits for {loss:g} points at most; in percent"
    for network, title in record["networks"].items():
        yield f"\n{title}"
        splits = "".join(f"{name:>26}" for name in (SECOND_HALF, TEST))
        yield f"{'compared at':18}{'seen':>8}{splits}{'time, batch':>14}{'alone':>8}"
        for row in select_rows(record, network=network, split=TEST):
            second, *_ = select_rows(record, network=network, split=SECOND_HALF, seen=row["seen"], stages=row["stages"])
            times = f"{row['times']['together']['ratio']:14.2f}{row['times']['alone']['ratio']:8.2f}"
            yield f"{row['stages']:18}{row['seen']:>8,}{_cell(second)}{_cell(row)}{times}"
    yield "hits, right of them, right of all; time: of the plain network's"
    yield from ("", *record["conclusions"], f"\n{record['command']}")


def _cell(row: dict[str, Any]) -> str:
    chosen = row["chosen"]
    precision = "–" if chosen["precision"] is None else f"{chosen['precision']:.1f}"
    return f"{chosen['hits']:10.1f}{precision:>8}{chosen['accuracy']:8.2f}"
