"""The verb `pmnist`: write the partial test digits as files."""

import argparse
from pathlib import Path

from core.commands.options import add_dataset, add_device, add_variant, describe_dataset, load_dataset
from core.commands.terminal import answer, progress
from core.pmnist.partial_set import write_pmnist


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.add_argument("--out", type=Path, default=Path("pmnist"), help="folder for the files; default: pmnist")
    add_variant(parser)
    add_dataset(parser)
    add_device(parser)


def run(options: argparse.Namespace) -> None:
    """Write PMNIST from the test digits."""
    dataset = load_dataset(options)
    for step in write_pmnist(dataset.test.pixels, dataset.test.labels, options.out, variant=options.variant):
        progress(step.done / step.files, step.path.name)
    answer(options, {"dataset": describe_dataset(dataset, len(dataset.test)), "folder": str(options.out)})
