"""The verb `reference`: what a data set's digits are like, for the meter "how unlike MNIST"."""

import argparse
from pathlib import Path

from core.commands.terminal import answer
from core.digits import datasets
from core.digits.likeness import reference


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.add_argument("--out", type=Path, default=reference.FOLDER, help="the folder of the two files")
    parser.add_argument("--dataset", default="MNIST", choices=datasets.DATASETS)


def run(options: argparse.Namespace) -> None:
    """Measure the training digits and write the reference with its card."""
    made = reference.make_reference(datasets.load(options.dataset))
    options.out.mkdir(parents=True, exist_ok=True)
    reference.save_reference(made, options.out)
    quantiles = made.card.quantiles
    answer(options, {"folder": str(options.out), "shares": made.card.shares, "quantiles": quantiles}, _lines(quantiles))


def _lines(quantiles: dict[str, tuple[float, ...]]) -> list[str]:
    middle = reference.SHARES.index(0.5)
    return [f"{name:16} half of the digits are below {values[middle]:g}" for name, values in quantiles.items()]
