"""Pooling: a window's values become one, in five ways."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from core.convolution.window import format_number
from core.networks.architectures import output_size

# Each reduces the last dimension. The median of an even number of values lies between the middle two; the mode of
# equally frequent values is the smallest.
POOLINGS: dict[str, Callable[[Tensor], Tensor]] = {
    "max": lambda values: values.amax(-1),
    "average": lambda values: values.mean(-1),
    "min": lambda values: values.amin(-1),
    "median": lambda values: values.quantile(0.5, dim=-1),
    "mode": lambda values: values.sort(dim=-1).values.mode(-1).values,
}
_SENTENCES = {
    "max": "the largest of {}",
    "average": "the average of {}",
    "min": "the smallest of {}",
    "median": "the middle one of {}",
    "mode": "the most frequent of {}",
}


@dataclass(frozen=True, eq=False)
class PooledWindow:
    """One window and its pooled value."""

    values: Tensor
    """`(k, k)`"""
    result: float
    sentence: str

    @property
    def winners(self) -> Tensor:
        """Return where the window holds the result, bool `(k, k)`; all False if it lies between the values."""
        return torch.isclose(self.values, self.values.new_tensor(self.result), rtol=0, atol=1e-7)


def pool_maps(maps: Tensor, kind: str, window: int, stride: int) -> Tensor:
    """Return pooled maps `(channels, H, W)`. Raises ValueError for unsuitable sizes."""
    for size in maps.shape[1:]:
        output_size(size, window, stride=stride)
    return POOLINGS[kind](maps.unfold(1, window, stride).unfold(2, window, stride).flatten(3))


def pool_window(one_map: Tensor, kind: str, window: int, stride: int, row: int, column: int) -> PooledWindow:
    """Return how one value of a pooled map `(H, W)` is computed. Raises ValueError if there is no such place."""
    rows, columns = (output_size(size, window, stride=stride) for size in one_map.shape)
    if not (0 <= row < rows and 0 <= column < columns):
        raise ValueError(f"there is no place {row}, {column}: the output has {rows} × {columns} places.")
    top, left = row * stride, column * stride
    values = one_map[top : top + window, left : left + window]
    result = float(POOLINGS[kind](values.flatten()))
    listed = ", ".join(map(format_number, values.flatten().tolist()))
    return PooledWindow(values, result, f"{_SENTENCES[kind].format(listed)} = {format_number(result)}")
