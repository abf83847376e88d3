"""Restoring with the mask known: fill the hole from the most likely full digits, then read the filled digits.

Trained on full digits only (track "mask known"). The references are whole training digits, compared with the partial
one on its visible pixels alone: the nearest of them by how far they must be distorted, each class by how well a blend
of its nearest digits fits.
"""

from itertools import repeat

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.digits.datasets import Digits
from core.networks.classifier import Classifier
from core.networks.restored import Fills, Restored
from core.restoration.distances import BLEND, BLENDED, CANDIDATES, DISTORTION, blend_distances, distortions
from core.restoration.many_holes import predict_under_holes
from core.restoration.references import shared_references
from core.system.device import on_cpu

NEIGHBOURS = 10
REFERENCE_BATCH = 128  # partial digits at once: bounds what is compared to about 100 MB


class Restorer:
    """An ordinary network that reads digits whose holes were filled from full reference digits."""

    restores = True
    blind = False

    def __init__(self, classifier: Classifier, references: Digits, *, neighbours: int = NEIGHBOURS) -> None:
        if not 1 <= neighbours <= len(references):
            raise ValueError(f"Filling from {neighbours} digits needs as many references, not {len(references)}.")
        self.classifier, self.neighbours = classifier, neighbours
        self.references = shared_references(references)

    @torch.no_grad()
    def fill(self, images: Tensor, mask: Tensor) -> Fills:
        """Return the best fills of erased `images` `(N, 1, 28, 28)`, True = kept in `mask`.

        One mask `(28, 28)` for all of them costs less than one per digit `(N, 28, 28)`.
        """
        kept = mask.to(images.device).reshape(-1, 784).float()
        visible = images.flatten(1) * kept
        squared, labels = self.references.squared_distances(visible, kept), self.references.labels
        nearest = squared.topk(max(self.neighbours, min(CANDIDATES, len(labels))), largest=False).indices
        costs = self._distortions(visible, kept, nearest) / DISTORTION
        costs += self._blends(visible, kept, squared).gather(1, labels[nearest]) / BLEND
        distances, order = costs.topk(self.neighbours, largest=False)
        chosen = nearest.gather(1, order)
        fills = self.references.vectors(chosen) * (1 - kept).unsqueeze(1) + visible.unsqueeze(1)
        return Fills(fills.unflatten(2, (28, 28)), (-distances).softmax(1), labels[chosen], distances)

    def _distortions(self, visible: Tensor, kept: Tensor, nearest: Tensor) -> Tensor:
        """Return how far each digit's nearest references must be distorted `(N, K)`, digit by digit: less memory."""
        each = zip(visible, kept.expand_as(visible), nearest, strict=True)
        return torch.stack([distortions(digit, mask, self.references.vectors(near)) for digit, mask, near in each])

    def _blends(self, visible: Tensor, kept: Tensor, squared: Tensor) -> Tensor:
        """Return how far each digit is from a blend of each class's nearest references: `(N, labels)`."""
        distances = visible.new_zeros(len(visible), max(self.references.classes) + 1)
        for label, members in self.references.classes.items():
            near = squared[:, members].topk(min(BLENDED, len(members)), largest=False).indices
            distances[:, label] = blend_distances(visible, kept, self.references.vectors(members[near]))
        return distances

    @torch.no_grad()
    def predict(self, images: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return probabilities `(N, classes)`: the classifier's, averaged over the fills by their weights."""
        if mask is None or bool(mask.all()):
            return self.classifier.predict(images)
        masks = mask.split(REFERENCE_BATCH) if mask.ndim == 3 else repeat(mask)
        parts = zip(images.split(REFERENCE_BATCH), masks, strict=False)
        return torch.cat([self.predict_filled(self.fill(*part)) for part in parts])

    @torch.no_grad()
    def predict_filled(self, fills: Fills) -> Tensor:
        """Return probabilities `(N, classes)` averaged over fills by their weights."""
        count, neighbours = fills.weights.shape
        each = self.classifier.predict(fills.images.reshape(-1, 1, 28, 28)).unflatten(0, (count, neighbours))
        return (each * fills.weights[..., None]).sum(1)

    def predict_holes(self, image: Tensor, masks: Tensor) -> Tensor:
        """Return probabilities `(M, classes)` of one image `(1, 28, 28)` under many masks `(M, 28, 28)`."""
        return predict_under_holes(self.classifier, self.references, self.neighbours, image, masks)

    @torch.no_grad()
    def restore(self, digit: NDArray[np.float32], mask: NDArray[np.bool_]) -> Restored:
        """Return what it fills into one digit `(28, 28)` and reads then; without a hole it fills nothing in."""
        image = torch.from_numpy(digit * mask)[None, None].to(self.classifier.device)
        kept = torch.from_numpy(mask)
        fills = None if mask.all() else self.fill(image, kept)
        probabilities = self.predict(image) if fills is None else self.predict_filled(fills)
        return Restored(probabilities[0].cpu().numpy(), mask, fills and on_cpu(fills))
