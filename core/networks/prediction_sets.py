"""Prediction sets: all classes that cannot be ruled out at a chosen error rate (split conformal prediction).

A set holds each class whose probability reaches a threshold, chosen on digits with known labels so that the true class
is left out no more often than the error rate allows. That holds for digits of the same kind only: with a hole that was
not there when the threshold was chosen, nothing is promised. Source: Sadinle, Lei and Wasserman (2019), Least Ambiguous
Set-Valued Classifiers with Bounded Error Levels; its score is 1 - p of the true class.
"""

import math
from dataclasses import dataclass

from torch import Tensor

ERROR_RATES = (0.001, 0.01, 0.05)
"""Shares of digits whose true class a set may leave out."""


def find_threshold(probabilities: Tensor, labels: Tensor, error: float) -> float:
    """Return the least probability of a class in a set, from labelled digits: `(N, classes)` and `(N,)`.

    0, so that every set holds every class, where there are too few digits for the error rate.
    """
    true = probabilities.gather(1, labels[:, None])[:, 0].sort(descending=True).values
    rank = math.ceil((len(true) + 1) * (1 - error))
    return float(true[rank - 1]) if rank <= len(true) else 0.0


def to_sets(probabilities: Tensor, threshold: float) -> Tensor:
    """Return bool `(N, classes)`: which classes are in each digit's set."""
    return probabilities >= threshold


@dataclass(frozen=True)
class SetQuality:
    """How good the sets of some digits are."""

    coverage: float
    """Percent of sets that hold the true class."""
    size: float
    """Mean number of classes in a set."""
    empty: float
    """Percent of sets without a class: no class is likely enough."""
    digits: int


def measure_sets(sets: Tensor, labels: Tensor) -> SetQuality:
    """Return how good sets `(N, classes)` are for digits with these labels `(N,)`."""
    held = sets.gather(1, labels[:, None]).float().mean()
    sizes = sets.sum(1)
    return SetQuality(
        100 * float(held), float(sizes.float().mean()), 100 * float((sizes == 0).float().mean()), len(sets)
    )
