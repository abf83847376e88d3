"""A classifier is named feature stages, an inversion and a head; every architecture of the seeds is a short entry here.

How a network is trained, inverted or stored is not here.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn

MEAN, STD = 0.1307, 0.3081  # of MNIST's training pixels, as in the published code (A5)


@dataclass(frozen=True)
class Stage:
    """One feature stage: a `conv`, `pool`, `relu` or `drop` with its settings."""

    kind: str
    filters: int = 0
    size: int = 2
    padding: int = 0
    rate: float = 0.5


def conv(filters: int, size: int, padding: int = 0) -> Stage:
    """A convolution of `filters` square filters of `size` pixels, stride 1."""
    return Stage("conv", filters=filters, size=size, padding=padding)


POOL, RELU, DROP = Stage("pool"), Stage("relu"), Stage("drop")


@dataclass(frozen=True)
class Architecture:
    """What a network looks like, as data: feature stages, hidden units of the head, dropout in the head."""

    name: str
    features: tuple[Stage, ...]
    hidden: tuple[int, ...] = ()
    dropout: float = 0.0
    classes: int = 10

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-able description that `from_dict` reads back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, described: dict[str, Any]) -> Architecture:
        """Return the architecture that `to_dict` described; raise TypeError or KeyError for anything else."""
        features = tuple(Stage(**stage) for stage in described["features"])
        return cls(**{**described, "features": features, "hidden": tuple(described["hidden"])})


ARCHITECTURES = {
    architecture.name: architecture
    for architecture in (
        Architecture("assignment", (conv(32, 3, 1), RELU, POOL, conv(32, 3, 1), RELU, POOL), hidden=(500,)),  # A3
        Architecture("talk", (conv(10, 5), POOL, RELU, conv(20, 5), DROP, POOL, RELU), hidden=(50,), dropout=0.5),  # A4
        Architecture("published", (conv(20, 5), POOL, RELU, conv(50, 5), POOL, RELU), hidden=(500,)),  # A5
    )
}


class Normalize(nn.Module):
    """Shift and scale pixels inside the network, so that every public image stays in [0, 1]."""

    def forward(self, images: Tensor) -> Tensor:
        return (images - MEAN) / STD


class Classifier(nn.Module):
    """Named feature stages up to the flattened vector, an inversion without weights, and a head.

    The missing-feature network (000) is the standard one with another inversion and a retrained head.
    """

    def __init__(self, features: nn.Sequential, head: nn.Sequential, inversion: nn.Module | None = None) -> None:
        super().__init__()
        self.features = features
        self.inversion = inversion if inversion is not None else nn.Identity()
        self.head = head

    def walk(self, images: Tensor) -> Iterator[tuple[str, Tensor]]:
        """Yield every stage's name and output in the order in which they flow; the last are the logits."""
        stages = [*self.features.named_children(), ("inverted", self.inversion), *self.head.named_children()]
        output = images
        for name, stage in stages:
            output = stage(output)
            yield name, output

    def activations(self, images: Tensor) -> dict[str, Tensor]:
        """Return every stage's output for `images` `(N, 1, 28, 28)` in [0, 1]."""
        return dict(self.walk(images))

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits `(N, classes)` of `images` `(N, 1, 28, 28)` in [0, 1]."""
        _, logits = deque(self.walk(images), maxlen=1).pop()
        return logits

    def predict(self, images: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return probabilities `(N, classes)`; a classifier is blind, so it does not look at the mask."""
        return self(images).softmax(1)


def build(architecture: Architecture, *, seed: int = 0) -> Classifier:
    """Return a fresh network; the same seed gives the same weights and leaves the global generator alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        features = _features(architecture)
        network = Classifier(features, _head(architecture, _length(features)))
    # Filters laid out by channel are what the processor's convolutions want: two to three times faster.
    return network.to(memory_format=torch.channels_last)


def _features(architecture: Architecture) -> nn.Sequential:
    stages: OrderedDict[str, nn.Module] = OrderedDict(normalize=Normalize())
    counts: Counter[str] = Counter()
    channels = 1
    for stage in architecture.features:
        counts[stage.kind] += 1
        stages[f"{stage.kind}{counts[stage.kind]}"] = _module(stage, channels)
        channels = stage.filters or channels
    stages["flatten"] = nn.Flatten()
    return nn.Sequential(stages)


def _module(stage: Stage, channels: int) -> nn.Module:
    match stage.kind:
        case "conv":
            return nn.Conv2d(channels, stage.filters, stage.size, padding=stage.padding)
        case "pool":
            return nn.MaxPool2d(stage.size)
        case "relu":
            return nn.ReLU()
        case "drop":
            return nn.Dropout2d(stage.rate)
    raise ValueError(f"There is no stage called {stage.kind!r}.")


@torch.no_grad()
def _length(features: nn.Sequential) -> int:
    return int(features.eval()(torch.zeros(1, 1, 28, 28)).shape[1])


def _head(architecture: Architecture, inputs: int) -> nn.Sequential:
    stages: OrderedDict[str, nn.Module] = OrderedDict()
    for number, units in enumerate(architecture.hidden, 1):
        stages[f"fc{number}"] = nn.Linear(inputs, units)
        stages[f"fc_relu{number}"] = nn.ReLU()
        if architecture.dropout:
            stages[f"fc_drop{number}"] = nn.Dropout(architecture.dropout)
        inputs = units
    stages[f"fc{len(architecture.hidden) + 1}"] = nn.Linear(inputs, architecture.classes)
    return nn.Sequential(stages)
