"""Who falls for whose noise: every shipped network reads what was made to fool each of them."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from functools import cache, partial
from math import isnan
from pathlib import Path
from typing import Any

from core.commands.studies.progress import StudyStep
from core.digits.datasets import Dataset
from core.networks.evaluation import Network
from core.studies.noise_transfer import CLEAN, RANDOM_SIGNS, TransferConfig, TransferRow, run_transfer
from core.studies.noise_transfer_record import STUDY, summarize, to_matrix
from core.studies.workers import WorkerPool
from core.zoo import checkpoints, recipes

NAME = STUDY


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what this study takes."""
    default = TransferConfig()
    parser.add_argument("--digits", type=int, default=default.digits, help="test digits, the first ones")
    parser.add_argument("--steps", type=int, default=default.steps, help="of PGD")


def run(options: argparse.Namespace, dataset: Dataset, out: Path, pool: WorkerPool) -> Iterator[StudyStep]:
    """Yield the study after each source of noise; the laboratory's networks have no part in it."""
    config = TransferConfig(digits=options.digits, steps=options.steps)
    zoo, _ = recipes.list_zoo()
    cards = {name: card for name, card in zoo.items() if not card.recipe.get("laboratory")}
    weights = {name: card.weights_sha256 for name, card in cards.items()}
    sources, rows = (CLEAN, RANDOM_SIGNS, *cards), list[TransferRow]()
    for step in run_transfer(partial(load_networks, tuple(cards)), dataset, config, out, settings=weights, pool=pool):
        rows = sorted([*rows, *step.rows], key=lambda row: sources.index(row.source))
        text = f"{step.source}{' (kept)' if step.kept else ''}"
        yield StudyStep(step.done / step.sources, text, summarize(rows, dataset, config, cards))


@cache
def load_networks(names: tuple[str, ...], dataset: Dataset) -> dict[str, Network]:
    """Return shipped networks, once for all parts that a process does. Raises CheckpointError."""
    return {name: checkpoints.load_network(name, references=dataset.train) for name in names}


def lines(record: dict[str, Any]) -> Iterator[str]:
    """Yield a table for each noise, and what they say."""
    about, settings = record["dataset"], record["settings"]
    yield f"{about['images']:,} test digits, {about['name']}; accuracy in percent: noise made for, read by"
    noises = [*(("pgd", size) for size in settings["crossed"]), ("universal", settings["universal_epsilon"])]
    for noise, epsilon in noises:
        matrix = to_matrix(record, noise, epsilon)
        columns = "".join(f"{number:>7}" for number in range(1, len(matrix.readers) + 1))
        yield f"\n{noise + f', L-inf {epsilon:g}':28}{columns}"
        for source, cells in zip(matrix.sources, matrix.accuracies, strict=True):
            number = matrix.readers.index(source) + 1 if source != RANDOM_SIGNS else ""
            yield f"{number!s:>3} {source:24}" + "".join("      –" if isnan(one) else f"{one:7.1f}" for one in cells)
    yield from ("", *record["conclusions"], f"\n{record['command']}")
