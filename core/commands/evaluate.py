"""The verb `evaluate`: the accuracy of networks on whole digits and on every cut, and their loss on whole digits."""

import argparse
from collections.abc import Mapping
from typing import Any

from core.commands.options import (
    accuracy_lines,
    add_dataset,
    add_device,
    add_variant,
    describe_dataset,
    load_dataset,
    load_network,
    load_shipped,
)
from core.commands.terminal import answer, progress
from core.digits.datasets import Digits
from core.networks.accuracy_curves import SHARES, measure_curves
from core.networks.evaluation import WHOLE, Network, pmnist_table
from core.zoo.measuring import round_loss


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--all", action="store_true", help="every shipped network")
    growing = "accuracy against how much is missing, instead of the cuts"
    parser.add_argument("--growing", action="store_true", help=growing)
    parser.add_argument("--images", type=int, metavar="N", help="only the first N test digits")
    add_variant(parser)
    add_dataset(parser)
    add_device(parser)


def run(options: argparse.Namespace) -> None:
    """Print the PMNIST table of the named networks."""
    if not (options.all or options.names):
        raise ValueError("Name the networks to evaluate, or give --all.")
    dataset = load_dataset(options)
    if options.images is not None and not 0 < options.images <= len(dataset.test):
        raise ValueError(f"--images must be between 1 and {len(dataset.test)}.")
    digits = dataset.test.first(options.images or len(dataset.test))
    named = ((name, load_network(name, dataset)) for name in options.names)
    networks = dict(load_shipped(dataset) if options.all else named)
    if options.growing:
        answer(options, *_measure_curves(networks, digits, describe_dataset(dataset, len(digits))))
        return
    table: dict[str, dict[str, float]] = {name: {} for name in networks}
    losses: dict[str, float | None] = {}
    for step in pmnist_table(networks, digits, variant=options.variant):
        table[step.network][step.column] = round(step.accuracy, 2)
        losses |= {step.network: round_loss(step.loss)} if step.column == WHOLE else {}
        progress(step.done / step.cells, f"{step.column}, {step.network}")
    result = {"dataset": describe_dataset(dataset, len(digits)), "networks": table, "loss": losses}
    answer(options, result, accuracy_lines(result))


def _measure_curves(
    networks: Mapping[str, Network], digits: Digits, dataset: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """Return the accuracies by network and direction, and a line of text for each of these."""
    curves: dict[str, dict[str, list[float]]] = {name: {} for name in networks}
    for point in measure_curves(networks, digits):
        curves[point.network].setdefault(point.direction, []).append(round(point.accuracy, 2))
        progress(point.done / point.points, f"{point.network}, {point.direction}, {100 * point.share:.0f} % missing")
    result = {"dataset": dataset, "missing": [round(100 * share) for share in SHARES], "networks": curves}
    lines = [
        f"{name:24}{direction:18}" + "".join(f"{accuracy:7.1f}" for accuracy in accuracies)
        for name, by_direction in curves.items()
        for direction, accuracies in by_direction.items()
    ]
    return result, lines
