"""A hole that grows over one digit, line by line, and what networks read at each size."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.networks.evaluation import Network, predict_digit
from core.pmnist.masks import SIDE, growing_mask


@dataclass(frozen=True, eq=False)
class HoleStep:
    """The hole at one size, and what every network reads in the visible rest."""

    mask: NDArray[np.bool_]
    """`(28, 28)`, True = kept."""
    probabilities: dict[str, NDArray[np.float32]]
    """`(classes,)` of each network, by name."""
    whole: dict[str, int]
    """The class that each network read in the whole digit."""

    @property
    def missing(self) -> float:
        """The share of the picture that is erased, 0 to 1."""
        return float(1 - self.mask.mean())

    @property
    def labels(self) -> dict[str, int]:
        """The class that each network reads now."""
        return _labels(self.probabilities)

    @property
    def changed(self) -> list[str]:
        """The networks that read another class than in the whole digit."""
        return [name for name, label in self.labels.items() if label != self.whole[name]]


def _labels(probabilities: Mapping[str, NDArray[np.float32]]) -> dict[str, int]:
    return {name: int(shares.argmax()) for name, shares in probabilities.items()}


def hole_masks(kind: str) -> list[NDArray[np.bool_]]:
    """Return the masks `(28, 28)` of a hole that grows to the whole picture, from none at all, each within the next.

    `kind` is one of `core.pmnist.masks.GROWTH_DIRECTIONS`. Raises ValueError for another one.
    """
    power = 2 if kind == "from the middle" else 1  # both sides grow, so the area grows with the square
    masks = [growing_mask(kind, (lines / SIDE) ** power).numpy() for lines in range(SIDE + 1)]
    return masks[:1] + [mask for before, mask in zip(masks, masks[1:], strict=False) if mask.sum() < before.sum()]


def grow_hole(networks: Mapping[str, Network], digit: NDArray[np.float32], kind: str) -> Iterator[HoleStep]:
    """Yield what every network reads in the digit `(28, 28)` whole, and then after each line that the hole takes."""
    whole: dict[str, int] = {}
    for mask in hole_masks(kind):
        probabilities = predict_digit(networks, digit, mask)
        whole = whole or _labels(probabilities)  # the first mask erases nothing
        yield HoleStep(mask, probabilities, whole)
