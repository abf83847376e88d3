"""The verb `data`: download a data set, or describe the one that is here."""

import argparse

from core.commands.terminal import answer, progress, say
from core.digits import datasets, downloads
from core.digits.datasets import DatasetError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.add_argument("name", nargs="?", default="MNIST", choices=datasets.DATASETS)


def run(options: argparse.Namespace) -> None:
    """Download the set unless it is here, then describe it.

    Raises DatasetError where NEGATIVE_SPACE_DATA names no folder: whoever mistyped it wants no download instead.
    """
    folder, problem = datasets.named_folder(), datasets.describe_named_folder(options.name)
    if problem and folder is not None and not folder.is_dir():
        raise DatasetError(f"{problem} Correct it, or unset it to download {options.name} into data/.")
    if problem:
        say(problem)
    if not datasets.is_available(options.name):
        for step in downloads.download(options.name):
            progress(step.share, f"{step.file} ({step.done_files + 1} of {step.files})")
    answer(options, datasets.load(options.name).describe())
