"""Labelled pictures -> a data set in three parts, each with its share of every class where there are enough."""

import numpy as np
import torch
from numpy.typing import NDArray

from core.digits.datasets import VALIDATION_SHARE, Dataset, Digits, hash_digits
from core.digits.own_sets.labelled import LabelledPictures
from core.digits.own_sets.limits import OwnSetError
from core.digits.own_sets.shrinking import is_on_light

TRAIN, VALIDATION, TEST = range(3)


def make_dataset(found: LabelledPictures, name: str, *, invert: bool | None = None, seed: int = 0) -> Dataset:
    """Return the pictures as a set; `invert`: 255 - pixel, None: where most pictures have a light border.

    A sixth of each class is the test, unless the files hold one out, and as many of the class validate; the order is
    random by `seed`. Raises OwnSetError if a part would be empty.
    """
    parts = split(found, seed)
    inverted = is_on_light(found.pixels) if invert is None else invert
    pixels, labels = torch.from_numpy(found.pixels), torch.from_numpy(found.labels)
    train, validation, test = (_take(pixels, labels, part, inverted) for part in parts)
    source = f"{found.kind}, {'inverted' if inverted else 'not inverted'}, split with seed {seed}"
    return Dataset(name, source, found.classes, train, validation, test, hash_digits(train, validation, test))


def split(found: LabelledPictures, seed: int) -> list[NDArray[np.int64]]:
    """Return the indices of the pictures that train, validate and test, each in random order."""
    random = np.random.default_rng(seed)
    test = found.held_out
    part = np.where(test, TEST, TRAIN)
    for label in range(len(found.classes)):
        mine = random.permutation(np.flatnonzero((found.labels == label) & ~test))
        tested = 0 if test.any() else _share_of(len(mine))
        part[mine[:tested]] = TEST
        part[mine[tested : tested + _share_of(len(mine))]] = VALIDATION
    order = random.permutation(len(part))
    parts = [order[part[order] == one] for one in (TRAIN, VALIDATION, TEST)]
    if not all(map(len, parts)):
        raise OwnSetError("These are too few pictures to train, validate and test: at least one class needs three.")
    return parts


def _share_of(pictures: int) -> int:
    """Return how many of a class's pictures are held out: a sixth, at least one of three."""
    return max(round(pictures / VALIDATION_SHARE), int(pictures >= 3))


def _take(pixels: torch.Tensor, labels: torch.Tensor, part: NDArray[np.int64], inverted: bool) -> Digits:
    index = torch.from_numpy(part)
    return Digits(255 - pixels[index] if inverted else pixels[index], labels[index])
