"""A square hole at every place of a digit: which networks still read it correctly?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.networks.evaluation import Network, predict_together
from core.pmnist.masks import SIDE, SQUARE, sliding_squares


@dataclass(frozen=True, eq=False)
class HoleMap:
    """One network's predictions with the hole at each place."""

    probabilities: NDArray[np.float32]
    """`(rows, columns, classes)`: the hole's upper left corner is at that row and column."""

    @property
    def labels(self) -> NDArray[np.int64]:
        """Return the predicted class `(rows, columns)`."""
        return self.probabilities.argmax(2)

    def margins(self, label: int) -> NDArray[np.float32]:
        """Return a class's probability less the highest other one, in [-1, 1]; above 0 it is predicted."""
        others = np.delete(self.probabilities, label, 2)
        margins: NDArray[np.float32] = self.probabilities[..., label] - others.max(2)
        return margins


def count_places(size: int = SQUARE) -> int:
    """Return the number of places of the hole along a side: 20 for a hole of 9 pixels, 400 in all."""
    return SIDE - size + 1


def scan_with_hole(
    networks: Mapping[str, Network], image: Tensor, mask: Tensor, *, size: int = SQUARE, rows: range | None = None
) -> dict[str, HoleMap]:
    """Return each network's predictions for `image` `(1, 28, 28)`, under `mask`, with a hole at every place.

    `rows`: the rows of the hole's upper edge, all by default. Raises ValueError for a hole that does not fit.
    """
    side = count_places(size)
    rows = range(side) if rows is None else rows
    masks = sliding_squares(size)[rows.start * side : rows.stop * side].to(image.device) & mask.to(image.device)
    read = read_under_masks(networks, image, masks)
    return {name: HoleMap(read[name].reshape(len(rows), side, -1).cpu().numpy()) for name in networks}


@torch.no_grad()
def read_under_masks(networks: Mapping[str, Network], image: Tensor, masks: Tensor) -> dict[str, Tensor]:
    """Return each network's probabilities `(M, classes)` of one image `(1, 28, 28)` under many masks `(M, 28, 28)`."""
    classifiers = {name: network for name, network in networks.items() if not network.restores}
    read = predict_together(classifiers, image.expand(len(masks), 1, SIDE, SIDE), masks)
    restoring = {name: network for name, network in networks.items() if network.restores}
    return read | {name: network.predict_holes(image, masks) for name, network in restoring.items()}


def join_rows(bands: Sequence[HoleMap]) -> HoleMap:
    """Return one map from consecutive bands of rows."""
    return HoleMap(np.concatenate([band.probabilities for band in bands]))


def count_correct(maps: Mapping[str, HoleMap], label: int) -> NDArray[np.int64]:
    """Return how many networks predict the class at each place `(rows, columns)`."""
    counts: NDArray[np.int64] = np.sum([found.labels == label for found in maps.values()], 0)
    return counts
