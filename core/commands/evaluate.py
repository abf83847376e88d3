"""The verb `evaluate`: the accuracy of networks on whole digits and on every cut."""

import argparse

from core.commands.options import (
    accuracy_lines,
    add_dataset,
    add_device,
    add_variant,
    describe_dataset,
    load_dataset,
    load_shipped,
)
from core.commands.terminal import answer, progress
from core.networks.evaluation import pmnist_table
from core.zoo import checkpoints


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--all", action="store_true", help="every shipped network")
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
    named = ((name, checkpoints.load_network(name, references=dataset.train)) for name in options.names)
    networks = dict(load_shipped(dataset) if options.all else named)
    table: dict[str, dict[str, float]] = {name: {} for name in networks}
    for step in pmnist_table(networks, digits, variant=options.variant):
        table[step.network][step.column] = round(step.accuracy, 2)
        progress(step.done / step.cells, f"{step.column}, {step.network}")
    result = {"dataset": describe_dataset(dataset, len(digits)), "networks": table}
    answer(options, result, accuracy_lines(result))
