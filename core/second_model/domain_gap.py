"""The difference between digits and feature maps as images, which decides whether a network can read both."""

from dataclasses import dataclass

import torch
from torch import Tensor

from core.digits.datasets import Digits


@dataclass(frozen=True, eq=False)
class DomainGap:
    """Maps of one stage compared with the digits they were made from."""

    stage: str
    means: Tensor
    """Mean image of each class, `(2, 28, 28)`."""
    distance: float
    """Root mean square difference of a map's pixels from its digit's, 0 to 1."""
    within_class: float
    """The same between two digits of one class."""
    correlations: Tensor
    """Mean correlation of each map with the digit, `(C,)`; -1: its negative, with light and dark swapped."""

    @property
    def negatives(self) -> int:
        """Return how many maps resemble the digit's negative."""
        return int((self.correlations < 0).sum())


def mean_pictures(digits: Digits) -> Tensor:
    """Return the mean image of both classes, `(2, 28, 28)` in [0, 1]."""
    return torch.stack([digits.images(digits.labels == label)[:, 0].mean(0) for label in (0, 1)])


def measure_domain_gap(stage: str, digits: Digits, maps: Digits) -> DomainGap:
    """Return how maps differ from the digits they were made from; each digit's maps are consecutive."""
    pictures = digits.images().flatten(1)
    each = maps.images().flatten(1).unflatten(0, (len(digits), -1))
    apart = (each - pictures[:, None]).square().mean().sqrt()
    shuffled = [pictures[digits.labels == label].roll(1, 0) - pictures[digits.labels == label] for label in (0, 1)]
    among = torch.cat(shuffled).square().mean().sqrt()
    return DomainGap(stage, mean_pictures(maps), float(apart), float(among), _correlations(each, pictures))


def _correlations(maps: Tensor, pictures: Tensor) -> Tensor:
    """Return the mean over the digits of each map's correlation with its digit; 0 for a constant map."""
    centered = [pixels - pixels.mean(-1, keepdim=True) for pixels in (maps, pictures[:, None])]
    lengths = [pixels.norm(dim=-1).clamp(min=1e-6) for pixels in centered]
    return ((centered[0] * centered[1]).sum(-1) / (lengths[0] * lengths[1])).mean(0)
