"""A bound on what a network can compute, from its weights alone."""

import torch
from torch import nn

from core.inversion.functions import INVERSIONS, Invert
from core.networks.classifier import MEAN, STD, Classifier, Normalize, Shuffle

NOT_LARGER = (  # no absolute value is larger after these stages than the largest one before them
    *(nn.Identity, nn.Flatten, Shuffle, nn.MaxPool2d, nn.AvgPool2d, nn.Dropout, nn.Dropout2d),
    *(nn.ReLU, nn.LeakyReLU, nn.SiLU, nn.ReLU6),
)


@torch.no_grad()
def bound_values(network: Classifier) -> float:
    """Return a number that no value of any stage exceeds, whatever picture in [0, 1] the network reads.

    This is interval arithmetic around 0. Weights that are not finite, and a batch norm with a negative variance, give
    infinity or `nan`.
    """
    bound, bounds = 1.0, []
    for _, stage in network.stages():
        bound = _bound(stage, bound)
        bounds.append(bound)
    return float(torch.tensor(bounds, dtype=torch.float64).max())  # unlike Python's max, it keeps `nan`


def _bound(stage: nn.Module, bound: float) -> float:
    """Return the bound after a stage (in evaluation mode). Raises TypeError for a stage whose values are not known."""
    match stage:
        case Normalize():
            return (bound + MEAN) / STD
        case nn.Conv2d() | nn.Linear():
            assert stage.bias is not None
            return float((bound * _size(stage.weight).flatten(1).sum(1) + _size(stage.bias)).max())
        case nn.BatchNorm2d():
            assert stage.running_mean is not None and stage.running_var is not None
            scale = _size(stage.weight) / (stage.running_var.double() + stage.eps).sqrt()
            return float(((bound + _size(stage.running_mean)) * scale + _size(stage.bias)).max())
        case Invert():
            return INVERSIONS[stage.name].bound(bound)
        case nn.Sigmoid() | nn.Tanh():
            return 1.0
    if isinstance(stage, NOT_LARGER):
        return bound
    raise TypeError(f"Nothing is known about the values of {type(stage).__name__}.")


def _size(weights: torch.Tensor) -> torch.Tensor:
    return weights.double().abs()
