"""Restoring what was erased, the mask known: fill the hole from the nearest full digits, then read what stands there.

Trained on full digits only (track "mask known"): the references are whole training digits, compared with the
partial one on its visible pixels alone, first as they are, then the nearest of them also moved by one pixel.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import repeat

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import pad

from core.datasets import Digits
from core.networks import Classifier

NEIGHBOURS = 10
# So many of the nearest references, as they stand, are compared again moved by one pixel each way: 0.8 to 1.5 points
# more on every cut (600 validation digits).
CANDIDATES = 100
# Squared pixel distance at which a fill's weight falls to 1/e. Of 1, 2, 4, 8, 16 and equal weights, 2 was best on 2,000
# validation digits: 0.3 to 0.9 points over equal weights on every cut.
TEMPERATURE = 2.0
REFERENCE_BATCH = 128  # partial digits at once: bounds what is compared to about 100 MB


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
        squared, nearest, moves = self._nearest(visible, kept)
        rows, columns = torch.meshgrid(*(torch.arange(size) for size in nearest.shape), indexing="ij")
        moved = _moved(self.references[nearest])[rows, columns, moves]
        fills = moved * (1 - kept).unsqueeze(1) + visible.unsqueeze(1)
        distances = (squared / kept.sum(1, keepdim=True).clamp(min=1)).sqrt()
        weights = (-squared / TEMPERATURE).softmax(1)
        return Fills(fills.unflatten(2, (28, 28)), weights, self.labels[nearest], distances)

    def _nearest(self, visible: Tensor, kept: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return squared distances on the visible pixels, indices of the references, and how to move them: `(N, K)`.

        The sum of m(r - x)^2 is mr^2 - 2(mx)r + mx^2: two matrix products instead of a loop over references. Moving
        x and m one way is moving r the other way.
        """
        squared = torch.addmm(kept @ self.squares.T, visible, self.references.T, alpha=-2)
        candidates = squared.topk(max(self.neighbours, min(CANDIDATES, len(self.labels))), largest=False).indices
        squared = self.squares[candidates] @ _moved(kept).mT - 2 * self.references[candidates] @ _moved(visible).mT
        best, moves = squared.min(2)
        distances, order = best.topk(self.neighbours, largest=False)
        distances = (distances + visible.square().sum(1, keepdim=True)).clamp(min=0)
        return distances, candidates.gather(1, order), MOVES - 1 - moves.gather(1, order)

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


MOVES = 9


def _moved(flat: Tensor) -> Tensor:
    """Return `(..., 784)` pictures as `(..., 9, 784)`: moved by one pixel in every direction; the fifth stays."""
    padded = pad(flat.unflatten(-1, (28, 28)), (1, 1, 1, 1))
    return padded.unfold(-2, 28, 1).unfold(-2, 28, 1).flatten(-4, -3).flatten(-2)


def fill_digit(restorer: Restorer, digit: NDArray[np.float32], mask: NDArray[np.bool_]) -> Fills:
    """Return the fills of one digit `(28, 28)` given as arrays, for a page."""
    return restorer.fill(torch.from_numpy(digit * mask)[None, None], torch.from_numpy(mask))
