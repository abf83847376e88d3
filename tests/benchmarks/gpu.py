"""The GPU that the `cuda-*` figures are measured on, and MNIST there."""

from functools import cache

import torch

from core.digits.datasets import Dataset
from core.networks.evaluation import Network
from core.zoo.checkpoints import load_network
from tests.benchmarks import NotMeasurable, mnist

DEVICE = "cuda"  # tests of the benchmarks themselves put "cpu" here


def need() -> None:
    """Raise NotMeasurable without a GPU."""
    if DEVICE == "cuda" and not torch.cuda.is_available():
        raise NotMeasurable("this machine has no CUDA device.")


@cache
def dataset() -> Dataset:
    """Return MNIST on the GPU."""
    need()
    return mnist.dataset().to(DEVICE)


def network(name: str) -> Network:
    """Return a shipped network on the GPU."""
    data = dataset()
    mnist.network("standard")  # says so when the checkpoints are not there
    return load_network(name, references=data.train)


def name() -> str:
    """Return what the figures hold for, as a sentence."""
    return f"On one {torch.cuda.get_device_name() if DEVICE == 'cuda' else DEVICE}, torch {torch.__version__}."
