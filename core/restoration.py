"""Restoring what was erased, the mask known: fill the hole from the nearest full digits, then read what stands there.

Trained on full digits only (track "mask known"): the references are whole training digits, compared with the
partial one on its visible pixels alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import repeat

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.datasets import Digits
from core.networks import Classifier

NEIGHBOURS = 10
# Squared pixel distance at which a fill's weight falls to 1/e. Of 1, 2, 4, 8, 16 and equal weights, 2 was best on 2,000
# validation digits: 0.3 to 0.9 points over equal weights on every cut.
TEMPERATURE = 2.0
REFERENCE_BATCH = 512  # partial digits compared at once: bounds the (batch, references) table to about 100 MB


@dataclass(frozen=True, eq=False)
class Fills:
    """What may have been there: for each digit its best fills, best first."""

    images: Tensor
    """float32 `(N, K, 28, 28)`: the visible pixels with the hole filled from one reference each."""
    weights: Tensor
    """`(N, K)`, each row sums to 1: how much each fill counts in the answer."""
    labels: Tensor
    """int64 `(N, K)`: what the references are labelled. Shown, never used for reading."""
    distances: Tensor
    """`(N, K)`: root mean square difference on the visible pixels."""


class Restorer:
    """An ordinary network that reads digits whose holes were filled from full reference digits."""

    def __init__(self, network: Classifier, references: Digits, *, neighbours: int = NEIGHBOURS) -> None:
        if not 1 <= neighbours <= len(references):
            raise ValueError(f"Filling from {neighbours} digits needs as many references, not {len(references)}.")
        self.network, self.neighbours = network, neighbours
        self.labels = references.labels
        self.references = references.images().flatten(1)
        self.squares = self.references.square()

    @torch.no_grad()
    def fill(self, images: Tensor, mask: Tensor) -> Fills:
        """Return the best fills of erased `images` `(N, 1, 28, 28)`, True = kept in `mask`.

        One mask `(28, 28)` for all of them costs half as much as one per digit `(N, 28, 28)`.
        """
        kept = mask.reshape(-1, 784).float()
        visible = images.flatten(1) * kept
        squared, nearest = self._nearest(visible, kept)
        fills = self.references[nearest] * (1 - kept).unsqueeze(1) + visible.unsqueeze(1)
        distances = (squared / kept.sum(1, keepdim=True).clamp(min=1)).sqrt()
        weights = (-squared / TEMPERATURE).softmax(1)
        return Fills(fills.unflatten(2, (28, 28)), weights, self.labels[nearest], distances)

    def _nearest(self, visible: Tensor, kept: Tensor) -> tuple[Tensor, Tensor]:
        """Return squared distances on the visible pixels and indices of the nearest references, both `(N, K)`.

        The sum of m(r - x)^2 is mr^2 - 2(mx)r + mx^2: two matrix products instead of a loop over references.
        """
        squared = torch.addmm(kept @ self.squares.T, visible, self.references.T, alpha=-2)
        distances, nearest = squared.topk(self.neighbours, dim=1, largest=False)
        return (distances + visible.square().sum(1, keepdim=True)).clamp(min=0), nearest

    @torch.no_grad()
    def predict(self, images: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return probabilities `(N, classes)`: the ordinary network's, averaged over the fills by their weights."""
        if mask is None or bool(mask.all()):
            return self.network.predict(images)
        masks = mask.split(REFERENCE_BATCH) if mask.ndim == 3 else repeat(mask)
        parts = zip(images.split(REFERENCE_BATCH), masks, strict=False)
        return torch.cat([self.read(self.fill(*part)) for part in parts])

    @torch.no_grad()
    def read(self, fills: Fills) -> Tensor:
        """Return probabilities `(N, classes)` averaged over fills that are already there."""
        count, neighbours = fills.weights.shape
        each = self.network.predict(fills.images.reshape(-1, 1, 28, 28)).unflatten(0, (count, neighbours))
        return (each * fills.weights[..., None]).sum(1)


def fill_digit(restorer: Restorer, digit: NDArray[np.float32], mask: NDArray[np.bool_]) -> Fills:
    """Return the fills of one digit `(28, 28)` given as arrays, for a page."""
    return restorer.fill(torch.from_numpy(digit * mask)[None, None], torch.from_numpy(mask))
