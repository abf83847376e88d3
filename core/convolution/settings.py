"""A convolution's settings: the size of its output, its parameters, its cost, and the equal dense layer."""

from collections import Counter
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from core.networks.architectures import output_size


@dataclass(frozen=True, kw_only=True)
class Convolution:
    """A convolution over an input with sides of equal length.

    `output`, and everything computed from it, raises ValueError for impossible settings.
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
        """Return the number of places along each side."""
        if self.channels < 1 or self.filters < 1:
            raise ValueError("a convolution needs at least one channel and one filter.")
        return output_size(self.size, self.window, padding=self.padding, stride=self.stride, dilation=self.dilation)

    @property
    def parameters(self) -> int:
        """Return the number of weights and biases, shared by all places."""
        return self.filters * (self._weights + 1)

    @property
    def products(self) -> int:
        """Return the number of multiplications for one input."""
        return self.filters * self._weights * self.output**self.dimensions

    @property
    def dense_parameters(self) -> int:
        """Return the number of weights and biases of a dense layer with the same inputs and outputs."""
        inputs, outputs = self.channels * self.size**self.dimensions, self.filters * self.output**self.dimensions
        return (inputs + 1) * outputs

    @property
    def _weights(self) -> int:
        return self.channels * self.window**self.dimensions

    def window_pixels(self, place: int) -> list[int]:
        """Return the pixels along a side under the window at a place; below 0 and from `size` on is padding."""
        return [place * self.stride - self.padding + self.dilation * step for step in range(self.window)]

    def coverage(self) -> list[int]:
        """Return how often each pixel along a side is read."""
        read = Counter(pixel for place in range(self.output) for pixel in self.window_pixels(place))
        return [read[pixel] for pixel in range(self.size)]

    def write_formula(self) -> str:
        """Return the lecture's formula of the output size, with numbers."""
        top = f"{self.size} + 2·{self.padding} − {self.dilation}·({self.window} − 1) − 1"
        return f"⌊({top}) / {self.stride}⌋ + 1 = {self.output}"


def to_matrix(weights: Tensor, size: int, *, padding: int = 0, stride: int = 1, dilation: int = 1) -> Tensor:
    """Return the weights `(outputs, inputs)` of the dense layer that equals a convolution `(out, in, k, k)`.

    They are the same few weights, repeated, and zeros. Raises ValueError for impossible settings.
    """
    channels = weights.shape[1]
    output_size(size, weights.shape[-1], padding=padding, stride=stride, dilation=dilation)
    one_by_one = torch.eye(channels * size**2, device=weights.device).reshape(-1, channels, size, size)
    found = functional.conv2d(one_by_one, weights, padding=padding, stride=stride, dilation=dilation)
    return found.flatten(1).T
