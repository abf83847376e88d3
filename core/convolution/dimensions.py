"""Convolutions in one, two and three dimensions: the same sum, with one loop for each dimension."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from core.convolution.settings import Convolution

_CONVOLVE = {1: functional.conv1d, 2: functional.conv2d, 3: functional.conv3d}
SMOOTH, CHANGE = "smooth", "change"


@dataclass(frozen=True, eq=False)
class ConvolutionResult:
    """One convolution, with as many dimensions as its input."""

    inputs: Tensor
    weights: Tensor
    """As many dimensions as `given`."""
    outputs: Tensor

    @property
    def places(self) -> int:
        """Return the number of window positions."""
        return self.outputs.numel()


def make_filter(kind: str, dimensions: int, size: int = 3) -> Tensor:
    """Return a filter of that many dimensions: the average, or the change along the first dimension."""
    if kind == SMOOTH:
        return torch.full((size,) * dimensions, 1 / size**dimensions)
    step = torch.linspace(-1, 1, size)
    return step.reshape(-1, *[1] * (dimensions - 1)).expand((size,) * dimensions) / size ** (dimensions - 1)


def convolve_dimensions(given: Tensor, weights: Tensor) -> ConvolutionResult:
    """Convolve a signal `(L,)`, an image `(H, W)` or a film `(D, H, W)`. Raises ValueError for unsuitable sizes."""
    if given.ndim != weights.ndim or given.ndim not in _CONVOLVE:
        raise ValueError(f"a filter of {weights.ndim} dimensions cannot move along {given.ndim}.")
    for size, window in zip(given.shape, weights.shape, strict=True):
        assert Convolution(size=size, window=window).output
    return ConvolutionResult(given, weights, _CONVOLVE[given.ndim](given[None, None], weights[None, None])[0, 0])
