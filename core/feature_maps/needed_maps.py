"""Which of the last feature maps a class needs: what a network reads when some of them are silent, over many digits."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from core.digits.datasets import Digits
from core.inversion.map_atlas import last_maps
from core.networks.classifier import Classifier
from core.networks.evaluation import BATCH


@dataclass(frozen=True, eq=False)
class SilencedScores:
    """How well the digits of each class are read, for each set of silent maps; both `(sets, classes)`."""

    accuracy: Tensor
    """Percent."""
    loss: Tensor
    """Mean cross-entropy."""


@torch.no_grad()
def score_silenced(network: Classifier, digits: Digits, silent: Tensor, *, classes: int = 10) -> SilencedScores:
    """Score a network with sets of its last maps set to zero: `silent` bool `(sets, maps)`, True = off.

    The maps are zero before an inversion: after 1 - x a silent map is one everywhere. A class without digits scores 0.
    """
    maps = torch.cat([last_maps(network, images) for images in digits.images().split(BATCH)])
    members = one_hot(digits.labels, classes).float()
    members = members / members.sum(0).clamp(min=1)
    right, losses = [], []
    for read in _read_silenced(network, maps, silent):
        right.append((read.argmax(1) == digits.labels).float() @ members)
        losses.append(-read.gather(1, digits.labels[:, None])[:, 0] @ members)
    return SilencedScores(100 * torch.stack(right), torch.stack(losses))


def _read_silenced(network: Classifier, maps: Tensor, silent: Tensor) -> Iterator[Tensor]:
    """Yield the logarithms of the probabilities `(N, classes)` for each set of silent maps."""
    for off in silent.to(maps.device):
        parts = (maps * ~off[:, None, None]).flatten(1).split(BATCH)
        yield torch.cat([network.head(network.inversion(part)) for part in parts]).log_softmax(1)


def silence_each_alone(maps: int) -> Tensor:
    """Return the sets in each of which one map is silent, bool `(maps, maps)`."""
    return torch.eye(maps, dtype=torch.bool)


def rank_needed_maps(network: Classifier, digits: Digits, maps: int, *, classes: int = 10) -> Tensor:
    """Return for each class all maps, the one whose silence raises its loss most first `(classes, maps)`.

    Each map is judged alone, so the first two together need not be the pair that is needed most.
    """
    alone = score_silenced(network, digits, silence_each_alone(maps), classes=classes)
    return alone.loss.T.argsort(descending=True, stable=True)


def silence_first(order: Tensor, count: int) -> Tensor:
    """Return the set of the first `count` maps of each order `(sets, maps)` of all maps, bool of that shape."""
    return torch.zeros_like(order, dtype=torch.bool).scatter(1, order[:, :count], True)


def draw_orders(maps: int, draws: int, *, seed: int) -> Tensor:
    """Return so many random orders of all maps `(draws, maps)`."""
    generator = torch.Generator().manual_seed(seed)
    return torch.stack([torch.randperm(maps, generator=generator) for _ in range(draws)])
