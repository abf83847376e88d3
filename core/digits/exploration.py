"""What a set looks like: the mean and the spread of each class, and the digits that are least like their class."""

from dataclasses import dataclass

import torch
from torch import Tensor

from core.digits.datasets import Digits

CHUNK = 10_000  # digits at once, as floats


@dataclass(frozen=True, eq=False)
class ClassPictures:
    """What the digits of each class have in common, on the CPU; a class without digits has zeros."""

    counts: Tensor
    """int64 `(classes,)`."""
    means: Tensor
    """float32 `(classes, 28, 28)` in [0, 1]."""
    spreads: Tensor
    """float32 `(classes, 28, 28)` in [0, 0.5]: the standard deviation of each pixel."""


def summarize_classes(digits: Digits, classes: int) -> ClassPictures:
    """Return count, mean and standard deviation of the digits of each class."""
    counts = torch.bincount(digits.labels.cpu(), minlength=classes)
    sums = torch.zeros(2, classes, 28 * 28)
    for start in range(0, len(digits), CHUNK):
        part = slice(start, start + CHUNK)
        values, labels = digits.images(part).flatten(1).cpu(), digits.labels[part].cpu()
        sums += torch.stack([torch.zeros(classes, 784).index_add_(0, labels, one) for one in (values, values**2)])
    means, squares = sums / counts.clamp(min=1)[:, None]
    spreads = (squares - means**2).clamp(min=0).sqrt()
    return ClassPictures(counts, means.view(-1, 28, 28), spreads.view(-1, 28, 28))


def find_unusual(digits: Digits, summary: ClassPictures, count: int) -> list[Tensor]:
    """Return for each class the indices of the `count` digits that are farthest (L2) from its mean, farthest first."""
    distances = torch.empty(len(digits))
    labels = digits.labels.cpu()
    for start in range(0, len(digits), CHUNK):
        part = slice(start, start + CHUNK)
        distances[part] = (digits.images(part)[:, 0].cpu() - summary.means[labels[part]]).flatten(1).norm(dim=1)
    found = []
    for label in range(len(summary.counts)):
        mine = torch.nonzero(labels == label).flatten()
        found.append(mine[distances[mine].argsort(descending=True, stable=True)[:count]])
    return found
