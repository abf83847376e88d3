"""Feature maps -> feature vectors: mean and standard deviation of each map."""

import torch
from torch import Tensor, nn

from core.networks.classifier import Classifier

LAST_STAGE = "flatten"  # the stage whose output, the last pooled maps, is a vector already
MAX_LENGTH = 2048  # of that vector: those of 25,000 digits take 200 MB


def list_stages(network: Classifier) -> tuple[str, ...]:
    """Return the stages at which digits can be compared: after each convolution, and the last pooled vector.

    A longer vector than MAX_LENGTH is left out.
    """
    length = next(stage.in_features for stage in network.head.modules() if isinstance(stage, nn.Linear))
    names = [name for name, _ in network.features.named_children()]
    return tuple(name for name in names if name.startswith("conv") or name == LAST_STAGE and length <= MAX_LENGTH)


def map_statistics(maps: Tensor) -> Tensor:
    """Return mean and standard deviation of |F| over each map's places, map after map: `(N, C, P, Q)` to `(N, 2C)`.

    E_i is the sum of |F_i(x, y)|, mu_i = E_i / PQ, sigma_i² the mean of (|F_i| - mu_i)² (Park and Kim 2019). The vector
    is V = (mu_0, sigma_0, mu_1, sigma_1, ...).
    """
    means = maps.abs().mean((2, 3))
    # The mean of squares less the squared mean is three times as fast as a second pass over the maps. A constant map
    # gets up to 0.0003 of its mean instead of 0, too little to change a distance.
    variances = maps.square().mean((2, 3)) - means.square()
    return torch.stack([means, variances.clamp(min=0).sqrt()], 2).flatten(1)


def to_vectors(output: Tensor) -> Tensor:
    """Return a stage's output as one vector per digit: the statistics of maps, or the vector itself."""
    return map_statistics(output) if output.ndim == 4 else output
