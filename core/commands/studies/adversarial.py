"""Whose noise fools whom: every shipped network reads digits with noise made for each of them."""

import argparse
from collections.abc import Iterator
from functools import cache, partial
from math import isnan
from pathlib import Path

from core.commands import tables
from core.digits.datasets import Dataset
from core.networks.evaluation import Network
from core.studies.noise_transfer import CLEAN, RANDOM_SIGNS, TransferConfig, TransferRow, run_transfer
from core.studies.noise_transfer_record import STUDY, Matrix, summarize, to_matrix
from core.studies.recorded import Record, StudyStep
from core.studies.workers import WorkerPool
from core.zoo import checkpoints, recipes
from core.zoo.fit import check_fit

NAME = STUDY


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this study."""
    default = TransferConfig()
    parser.add_argument("--digits", type=int, default=default.digits, help="number of test digits, the first ones")
    parser.add_argument("--steps", type=int, default=default.steps, help="steps of PGD")


def run(options: argparse.Namespace, dataset: Dataset, out: Path, pool: WorkerPool) -> Iterator[StudyStep]:
    """Yield the study after each source of noise; it leaves out the networks of the laboratory page."""
    config = TransferConfig(digits=options.digits, steps=options.steps)
    zoo, _ = recipes.list_zoo()
    cards = {name: card for name, card in zoo.items() if not card.recipe.get("laboratory")}
    for card in cards.values():
        check_fit(card, dataset)
    weights = {name: card.weights_sha256 for name, card in cards.items()}
    sources, rows = (CLEAN, RANDOM_SIGNS, *cards), list[TransferRow]()
    for step in run_transfer(partial(load_networks, tuple(cards)), dataset, config, out, settings=weights, pool=pool):
        rows = sorted([*rows, *step.rows], key=lambda row: sources.index(row.source))
        yield StudyStep(step.share, step.task, summarize(rows, dataset, config, cards))


@cache
def load_networks(names: tuple[str, ...], dataset: Dataset) -> dict[str, Network]:
    """Return shipped networks, loaded once per process. Raises CheckpointError."""
    return {name: checkpoints.load_network(name, references=dataset.train) for name in names}


def lines(record: Record) -> Iterator[str]:
    """Yield a table for each kind of noise, and the conclusions."""
    about, settings = record["dataset"], record["settings"]
    yield f"{about['images']:,} test digits, {about['name']}; accuracy in percent: noise made for, read by"
    for epsilon in settings["crossed"]:
        yield from _matrix_lines(f"pgd, L-inf {epsilon:g}", to_matrix(record, "pgd", epsilon))
    epsilon = settings["universal_epsilon"]
    yield from _matrix_lines(f"universal, L-inf {epsilon:g}", to_matrix(record, "universal", epsilon))
    yield from ("", *record["conclusions"], f"\n{record['command']}")


def _matrix_lines(title: str, matrix: Matrix) -> Iterator[str]:
    numbers = {name: str(number) for number, name in enumerate(matrix.readers, 1)}
    rows = [
        (f"{numbers.get(source, ''):>3} {source}", *("–" if isnan(value) else f"{value:.1f}" for value in accuracies))
        for source, accuracies in zip(matrix.sources, matrix.accuracies, strict=True)
    ]
    yield ""
    yield from tables.to_lines((title, *numbers.values()), rows)
