"""MNIST, on which nearly every figure is measured; without it such a figure is not measured at all."""

import os
from functools import cache
from pathlib import Path

from core.digits import datasets
from core.digits.datasets import DATA_VARIABLE, PROJECT_DATA, Dataset
from core.networks.evaluation import Network
from core.system.checkpoint_files import CheckpointError
from core.zoo.checkpoints import load_network
from tests.benchmarks import NotMeasurable

FIVE = ("standard", "missing-feature", "missing-alternating", "synergy", "restoring")  # networks that are compared


@cache
def dataset() -> Dataset:
    """Return MNIST, wherever it is on this machine."""
    try:
        return datasets.load("MNIST")
    except datasets.DatasetError as error:
        raise NotMeasurable(str(error)) from None


def folder() -> Path:
    """Return the folder that torchvision's own class reads MNIST from."""
    dataset()  # says so when it is nowhere
    roots = [Path(root) for root in (os.environ.get(DATA_VARIABLE), PROJECT_DATA) if root]
    return next(root for root in roots if (root / "MNIST" / "raw").is_dir())


@cache
def network(name: str) -> Network:
    """Return a shipped network; one that restores fills holes from the training digits."""
    try:
        return load_network(name, references=dataset().train)
    except CheckpointError as error:
        raise NotMeasurable(str(error)) from None
