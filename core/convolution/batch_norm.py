"""Batch normalization, step by step on a real batch (Ioffe and Szegedy, arXiv 1502.03167)."""

from dataclasses import dataclass

from torch import Tensor

EPSILON = 1e-5  # PyTorch's; avoids a division by zero for a constant map


@dataclass(frozen=True, eq=False)
class NormalizedBatch:
    """One map's values over a batch `(N, H, W)`, and each step of the algorithm."""

    inputs: Tensor
    mean: float
    variance: float
    centred: Tensor
    normalized: Tensor
    scaled: Tensor


def normalize_batch(
    given: Tensor, *, gamma: float = 1.0, beta: float = 0.0, epsilon: float = EPSILON
) -> NormalizedBatch:
    """Return the paper's four steps: mean, variance (divided by m, not m - 1), normalize, scale and shift."""
    mean, variance = given.mean(), given.var(unbiased=False)
    centred = given - mean
    normalized = centred / (variance + epsilon).sqrt()
    return NormalizedBatch(given, float(mean), float(variance), centred, normalized, gamma * normalized + beta)
