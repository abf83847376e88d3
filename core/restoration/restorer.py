"""Restoring what was erased, the mask known: fill the hole from the likeliest full digits, then read what stands there.

Trained on full digits only (track "mask known"): the references are whole training digits, compared with the
partial one on its visible pixels alone: the nearest of them by how far they must be distorted, each class by how well
its nearest blend into the digit.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import repeat

import torch
from torch import Tensor

from core.digits.datasets import Digits
from core.networks.classifier import Classifier
from core.restoration.distances import blend_distances, distortions
from core.restoration.references import shared_references

NEIGHBOURS = 10
CANDIDATES = 200  # so many references, the nearest pixel by pixel, are compared by their distortion
BLENDED = 40  # so many references of each class, the nearest pixel by pixel, are blended
# The distortion, and the squared distance to a class's blend, at which a fill's weight falls to 1/e: of 1.2 to 2.5 and
# 0.6 to 1.4 the best on 2,000 validation digits. Without the blends half a point to more than one is lost.
DISTORTION, BLEND = 2.5, 1.0
REFERENCE_BATCH = 128  # partial digits at once: bounds what is compared to about 100 MB


@dataclass(frozen=True, eq=False)
class Fills:
    """What may have been there: for each digit its best fills, best first."""

    images: Tensor
    """float32 `(N, K, 28, 28)`: the visible pixels with the hole filled from one reference each."""
    weights: Tensor
    """`(N, K)`, each row sums to 1: how much each fill counts in the answer."""
    labels: Tensor
    """int64 `(N, K)`: what the references are labelled. Classes are blended by it; what a fill is, the network says."""
    distances: Tensor
    """`(N, K)`: how unlike the visible pixels each reference and its class are; a fill weighs as exp(-distance)."""


class Restorer:
    """An ordinary network that reads digits whose holes were filled from full reference digits."""

    def __init__(self, network: Classifier, references: Digits, *, neighbours: int = NEIGHBOURS) -> None:
        if not 1 <= neighbours <= len(references):
            raise ValueError(f"Filling from {neighbours} digits needs as many references, not {len(references)}.")
        self.network, self.neighbours = network, neighbours
        self.references, self.labels = shared_references(references), references.labels
        self.classes = {int(label): (self.labels == label).nonzero()[:, 0] for label in self.labels.unique()}

    @torch.no_grad()
    def fill(self, images: Tensor, mask: Tensor) -> Fills:
        """Return the best fills of erased `images` `(N, 1, 28, 28)`, True = kept in `mask`.

        One mask `(28, 28)` for all of them costs less than one per digit `(N, 28, 28)`.
        """
        kept = mask.reshape(-1, 784).float()
        visible = images.flatten(1) * kept
        squared = self.references.squared_distances(visible, kept)
        nearest = squared.topk(max(self.neighbours, min(CANDIDATES, len(self.labels))), largest=False).indices
        costs = self._distortions(visible, kept, nearest) / DISTORTION
        costs += self._blends(visible, kept, squared).gather(1, self.labels[nearest]) / BLEND
        distances, order = costs.topk(self.neighbours, largest=False)
        chosen = nearest.gather(1, order)
        fills = self.references.vectors(chosen) * (1 - kept).unsqueeze(1) + visible.unsqueeze(1)
        return Fills(fills.unflatten(2, (28, 28)), (-distances).softmax(1), self.labels[chosen], distances)

    def _distortions(self, visible: Tensor, kept: Tensor, nearest: Tensor) -> Tensor:
        """Return how far each digit's nearest references must be distorted `(N, K)`, digit by digit: less memory."""
        each = zip(visible, kept.expand_as(visible), nearest, strict=True)
        return torch.stack([distortions(digit, mask, self.references.vectors(near)) for digit, mask, near in each])

    def _blends(self, visible: Tensor, kept: Tensor, squared: Tensor) -> Tensor:
        """Return how far each digit is from a blend of each class's nearest references: `(N, labels)`."""
        distances = torch.zeros(len(visible), max(self.classes) + 1)
        for label, members in self.classes.items():
            near = squared[:, members].topk(min(BLENDED, len(members)), largest=False).indices
            distances[:, label] = blend_distances(visible, kept, self.references.vectors(members[near]))
        return distances

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
