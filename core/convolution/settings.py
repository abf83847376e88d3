"""A convolution's settings: how large its output is, what it costs, where its window lands, and what sharing saves."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from core.networks.architectures import output_size


@dataclass(frozen=True, kw_only=True)
class Convolution:
    """A convolution of as many dimensions over an input that is equally long along each (C1, C4).

    `output` and all that follows from it raise ValueError, with a sentence, for what cannot be.
    """

    size: int = 28
    window: int = 3
    padding: int = 0
    stride: int = 1
    dilation: int = 1
    channels: int = 1
    filters: int = 1
    dimensions: int = 2

    @property
    def output(self) -> int:
        """Places along each side."""
        if self.channels < 1 or self.filters < 1:
            raise ValueError("a convolution needs at least one channel to read and one filter.")
        return output_size(self.size, self.window, padding=self.padding, stride=self.stride, dilation=self.dilation)

    @property
    def parameters(self) -> int:
        """Weights and biases: every place shares them."""
        return self.filters * (self._weights + 1)

    @property
    def products(self) -> int:
        """Multiplications for one input."""
        return self.filters * self._weights * self.output**self.dimensions

    @property
    def dense_parameters(self) -> int:
        """Weights and biases of a dense layer from the same values to the same values (T11)."""
        given, taken = self.channels * self.size**self.dimensions, self.filters * self.output**self.dimensions
        return (given + 1) * taken

    @property
    def _weights(self) -> int:
        return self.channels * self.window**self.dimensions

    def window_pixels(self, place: int) -> list[int]:
        """Return the pixels along a side that the window reads at a place; below 0 and from `size` on is padding."""
        return [place * self.stride - self.padding + self.dilation * step for step in range(self.window)]

    def coverage(self) -> list[int]:
        """Return how often each pixel along a side is read."""
        read = Counter(pixel for place in range(self.output) for pixel in self.window_pixels(place))
        return [read[pixel] for pixel in range(self.size)]

    def write_formula(self) -> str:
        """Return the seed's formula with the numbers filled in (C1)."""
        top = f"{self.size} + 2·{self.padding} − {self.dilation}·({self.window} − 1) − 1"
        return f"⌊({top}) / {self.stride}⌋ + 1 = {self.output}"


def to_matrix(weights: Tensor, size: int, *, padding: int = 0, stride: int = 1, dilation: int = 1) -> Tensor:
    """Return the dense layer's weights `(outputs, inputs)` that do what a convolution `(out, in, k, k)` does (T11).

    The same few weights again and again, and zeros. Raises ValueError for what cannot be.
    """
    channels = weights.shape[1]
    output_size(size, weights.shape[-1], padding=padding, stride=stride, dilation=dilation)
    one_by_one = torch.eye(channels * size**2).reshape(-1, channels, size, size)
    found = functional.conv2d(one_by_one, weights, padding=padding, stride=stride, dilation=dilation)
    return found.flatten(1).T
