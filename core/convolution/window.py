"""One window at a time: how one filter computes its output at one place, number by number."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from core.networks.architectures import output_size
from core.system.number_format import with_minus


@dataclass(frozen=True, eq=False)
class Filter:
    """One filter of a convolution, with padding, stride and dilation."""

    weights: Tensor
    """`(channels, k, k)`"""
    bias: float = 0.0
    padding: int = 0
    stride: int = 1
    dilation: int = 1


@dataclass(frozen=True, eq=False)
class Window:
    """A filter at one place: products of values and weights, their sum, the bias."""

    rows: tuple[int, ...]
    """The input row under each row of the filter; outside the input lies padding."""
    columns: tuple[int, ...]
    values: Tensor
    """`(channels, k, k)`, 0 in the padding."""
    weights: Tensor
    bias: float

    @property
    def products(self) -> Tensor:
        return self.values * self.weights

    @property
    def sums(self) -> list[float]:
        """Return the sum of each channel's products."""
        return [float(channel) for channel in (self.values.double() * self.weights.double()).sum((1, 2))]

    @property
    def total(self) -> float:
        return sum(self.sums) + self.bias


def read_window(inputs: Tensor, one: Filter, row: int, column: int) -> Window:
    """Return how the filter's output at a place is computed, for inputs `(channels, H, W)`.

    Raises ValueError if the filter does not fit or there is no such place.
    """
    channels, *sizes = inputs.shape
    if one.weights.shape[0] != channels:
        raise ValueError(f"the filter has {one.weights.shape[0]} channels, but the input has {channels}.")
    lines = [
        _line(size, window, place, one)
        for size, window, place in zip(sizes, one.weights.shape[1:], (row, column), strict=True)
    ]
    padded = functional.pad(inputs, [one.padding] * 4)
    rows, columns = (torch.tensor(line) + one.padding for line in lines)
    return Window(lines[0], lines[1], padded[:, rows][:, :, columns], one.weights, one.bias)


def _line(size: int, window: int, place: int, one: Filter) -> tuple[int, ...]:
    """Return the input rows (or columns) under those of the filter."""
    count = output_size(size, window, padding=one.padding, stride=one.stride, dilation=one.dilation)
    if not 0 <= place < count:
        raise ValueError(f"there is no place {place}: the output has {count} places along this side.")
    start = place * one.stride - one.padding
    return tuple(start + one.dilation * step for step in range(window))


def convolve(inputs: Tensor, one: Filter) -> Tensor:
    """Return the whole output of a filter, `(rows, columns)`."""
    bias, moves = (
        inputs.new_tensor([one.bias]),
        {"padding": one.padding, "stride": one.stride, "dilation": one.dilation},
    )
    return functional.conv2d(inputs[None], one.weights[None], bias, **moves)[0, 0]


@dataclass(frozen=True, eq=False)
class SlideStep:
    """The window at one place."""

    row: int
    column: int
    window: Window


def slide(inputs: Tensor, one: Filter) -> Iterator[SlideStep]:
    """Yield the window at every place, row by row."""
    rows, columns = (
        output_size(size, window, padding=one.padding, stride=one.stride, dilation=one.dilation)
        for size, window in zip(inputs.shape[1:], one.weights.shape[1:], strict=True)
    )
    for row in range(rows):
        for column in range(columns):
            yield SlideStep(row, column, read_window(inputs, one, row, column))


def format_products(window: Window, channel: int = 0) -> str:
    """Return one channel's products and their sum as text."""
    pairs = zip(window.values[channel].flatten().tolist(), window.weights[channel].flatten().tolist(), strict=True)
    terms = " + ".join(f"{_in_brackets(value)}·{_in_brackets(weight)}" for value, weight in pairs)
    return f"{terms} = {format_number(window.sums[channel])}"


def format_sum(window: Window) -> str:
    """Return the channels' sums, the bias and the total as text: 308 − 498 + 164 + 1 = −25."""
    first, *others = [*window.sums, window.bias]
    rest = "".join(f" {'−' if value < 0 else '+'} {format_number(abs(value))}" for value in others)
    return f"{format_number(first)}{rest} = {format_number(window.total)}"


def format_number(value: float) -> str:
    """Return a number as text: integers without a decimal point, others with three decimals, and a real minus sign."""
    text = f"{value:.0f}" if abs(value - round(value)) < 1e-9 else f"{value:.3f}"
    return with_minus(text) if float(text) else text.removeprefix("-")


def _in_brackets(value: float) -> str:
    text = format_number(value)
    return f"({text})" if text.startswith("−") else text
