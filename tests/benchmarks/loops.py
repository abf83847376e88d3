"""Training as it is usually written: what ours is timed against."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import MNIST

from core.digits.datasets import Digits
from core.networks.architectures import ARCHITECTURES
from core.networks.classifier import MEAN, STD, Classifier, build
from tests.benchmarks import mnist

BATCH, LEARNING_RATE, MOMENTUM = 64, 0.01, 0.5  # the published code's (A5)


@dataclass(frozen=True)
class Subject:
    """What is trained: an architecture by its name, and how many digits it sees at a time."""

    architecture: str
    batch: int


PUBLISHED = Subject("published", BATCH)  # A5
ASSIGNMENT = Subject("assignment", 64)  # A3
SMALL = Subject("small", 128)  # A6


def usual_loader(count: int, batch: int, *, workers: int) -> DataLoader[tuple[Tensor, Tensor]]:
    """Return the pipeline of every tutorial over `count` digits; its workers stay, so that starting them is free."""
    pictures = MNIST(
        str(mnist.folder()),
        transform=transforms.Compose([transforms.ToTensor(), transforms.Normalize((MEAN,), (STD,))]),
    )
    pictures.data, pictures.targets = pictures.data[:count], pictures.targets[:count]
    return DataLoader(pictures, batch, shuffle=True, num_workers=workers, persistent_workers=workers > 0)


def usual_network(architecture: str) -> Classifier:
    """Return the network with nothing to normalise, since the pipeline does that."""
    network = build(ARCHITECTURES[architecture]).to(memory_format=torch.contiguous_format)  # torch's own default
    network.features.normalize = nn.Identity()
    return network


def usual_optimizer(network: nn.Module) -> torch.optim.Optimizer:
    """Return SGD as people write it."""
    return torch.optim.SGD(network.parameters(), lr=LEARNING_RATE, momentum=MOMENTUM)


def learn(learner: nn.Module, batches: Iterable[tuple[Tensor, Tensor]], optimizer: torch.optim.Optimizer) -> None:
    """Learn from every batch once."""
    learner.train()
    for inputs, labels in batches:
        optimizer.zero_grad()
        cross_entropy(learner(inputs), labels).backward()
        optimizer.step()


def shuffled(digits: Digits, batch: int = BATCH) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield batches of pictures straight from memory, in another order every time."""
    for index in torch.randperm(len(digits)).split(batch):
        yield digits.images(index), digits.labels[index]
