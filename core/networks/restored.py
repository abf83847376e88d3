"""What a network may have filled into one erased digit, and what it reads then: plain records, nothing is computed."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Fills:
    """What may have been in the hole: the best fills of each digit, best first."""

    images: Tensor
    """float32 `(N, K, 28, 28)`: the visible pixels with the hole filled from one reference each."""
    weights: Tensor
    """`(N, K)`, each row sums to 1: how much each fill counts in the answer."""
    labels: Tensor
    """int64 `(N, K)`: the references' own labels. What the filled digit is, the network says."""
    distances: Tensor
    """`(N, K)`: how unlike the visible pixels each reference and its class are; a fill weighs as exp(-distance)."""


@dataclass(frozen=True, eq=False)
class Restored:
    """One digit as a network reads it, and what it filled in first."""

    probabilities: NDArray[np.float32]
    """`(classes,)`."""
    mask: NDArray[np.bool_]
    """`(28, 28)`, True = kept: as given, or as the network found it itself."""
    fills: Fills | None
    """None when nothing was filled in."""
