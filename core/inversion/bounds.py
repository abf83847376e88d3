"""A bound on what a network can compute, from its weights alone."""

from typing import Protocol, runtime_checkable

import torch
from torch import nn

from core.inversion.functions import INVERSIONS, Invert
from core.networks.block import Block
from core.networks.classifier import MEAN, STD, Classifier, Normalize, Shuffle

NOT_LARGER = (  # no absolute value is larger after these stages than the largest one before them
    *(nn.Identity, nn.Flatten, Shuffle, nn.MaxPool2d, nn.AvgPool2d, nn.Dropout, nn.Dropout2d),
    *(nn.ReLU, nn.SiLU, nn.ReLU6, nn.GELU, nn.Mish, nn.Hardswish),
    *(nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d),
)
UP_TO_ONE = (nn.Sigmoid, nn.Tanh, nn.Softmax, nn.Softsign)


@runtime_checkable
class Bounded(Protocol):
    """A stage that knows its bound itself."""

    def bound(self, *given: float) -> float:
        """Return a bound on the absolute values of its output, from one on those of each input."""


@torch.no_grad()
def bound_values(network: Classifier) -> float:
    """Return a number that no value of any stage exceeds, whatever picture in [0, 1] the network reads.

    This is interval arithmetic around 0. Weights that are not finite, and a batch norm with a negative variance, give
    infinity or `nan`.
    """
    bound, bounds = 1.0, []
    for _, stage in network.stages():
        bound = bound_stage(stage, bound)
        bounds.append(bound)
    return _largest(bounds)


def _largest(bounds: list[float]) -> float:
    return float(torch.tensor(bounds, dtype=torch.float64).max())  # unlike Python's max, it keeps `nan`


def bound_stage(stage: nn.Module, *given: float) -> float:
    """Return the bound after a stage (in evaluation mode) from those on what it reads.

    Raises TypeError for a stage whose values are not known.
    """
    return stage.bound(*given) if isinstance(stage, Bounded) else _bound(stage, *given)


def _bound(stage: nn.Module, bound: float) -> float:
    match stage:
        case Block():
            return _largest(stage.follow(bound, bound_stage)[1:])
        case Normalize():
            return (bound + MEAN) / STD
        case nn.Conv2d() | nn.Linear():
            assert stage.bias is not None
            return float((bound * _size(stage.weight).flatten(1).sum(1) + _size(stage.bias)).max())
        case nn.BatchNorm2d() | nn.BatchNorm1d():
            assert stage.running_mean is not None and stage.running_var is not None
            scale = _size(stage.weight) / (stage.running_var.double() + stage.eps).sqrt()
            return float(((bound + _size(stage.running_mean)) * scale + _size(stage.bias)).max())
        case Invert():
            return INVERSIONS[stage.name].bound(bound)
        case nn.ELU():
            return _largest([bound, abs(stage.alpha)])
        case nn.LeakyReLU():
            return bound * max(1.0, abs(stage.negative_slope))
        case nn.SELU():
            return 2 * bound + 2
        case nn.PReLU():
            return bound * max(1.0, float(_size(stage.weight).max()))
        case nn.Softplus():
            return bound + 1
        case nn.Hardtanh():
            ends = stage.min_val, stage.max_val
            return bound if ends[0] <= 0 <= ends[1] else max(bound, min(map(abs, ends)))
        case nn.ConstantPad2d():
            return max(bound, abs(stage.value))
    if isinstance(stage, UP_TO_ONE):
        return 1.0
    if isinstance(stage, NOT_LARGER):
        return bound
    raise TypeError(f"Nothing is known about the values of {type(stage).__name__}.")


def _size(weights: torch.Tensor) -> torch.Tensor:
    return weights.double().abs()
