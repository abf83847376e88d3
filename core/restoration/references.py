"""Whole digits to compare partial ones with, stored so that only ink and the edges of holes cost time."""

from functools import lru_cache

import torch
from torch import Tensor
from torch.nn.functional import embedding_bag, pad

from core.digits.datasets import Digits

# References in one block: the part that a digit needs stays in the processor's cache while a batch is compared.
# A single digit takes a third of the time of two products with all pixels, a digit in a batch the same.
BLOCK = 2500


class References:
    """Whole digits as vectors `(R, 784)` in [0, 1], with cumulative sums of squares: 310 MB for MNIST's."""

    def __init__(self, digits: Digits) -> None:
        self.labels, self._pixels = digits.labels, digits.pixels.flatten(1)
        self.classes = {int(label): (self.labels == label).nonzero()[:, 0] for label in self.labels.unique()}
        blocks = [pixels.float().div_(255).T.contiguous() for pixels in self._pixels.split(BLOCK)]
        self._columns = blocks
        self._sums = [block.square().cumsum(0, dtype=torch.float64).float() for block in blocks]
        self._totals = torch.cat([sums[-1] for sums in self._sums])

    def __len__(self) -> int:
        return len(self.labels)

    def vectors(self, index: slice | Tensor) -> Tensor:
        """Return the digits at `index` `(...)` as float32 `(..., 784)`."""
        return self._pixels[index].float().div_(255)

    def squared_distances(self, visible: Tensor, kept: Tensor) -> Tensor:
        """Return squared distances `(N, R)` of partial digits `(N, 784)` on kept pixels, less a constant per digit.

        `kept` is 1 or 0, `(N, 784)` or `(1, 784)`; hidden pixels of `visible` are 0. The sum of m(r - x)^2 is
        rr - (1 - m)rr - 2(mx)r + mx^2.
        """
        hole = 1 - kept
        edges = hole - pad(hole[:, 1:], (0, 1))  # summation by parts: a run of pixels costs two cumulative sums
        return self._totals - _products(edges, self._sums) - 2 * _products(visible, self._columns)


def _products(weights: Tensor, columns: list[Tensor]) -> Tensor:
    """Return `weights` `(N, 784)` times columns `(784, BLOCK)` each: `(N, R)`. Weights of 0 are skipped."""
    row, pixel = weights.nonzero(as_tuple=True)
    begins = torch.searchsorted(row, torch.arange(len(weights), device=row.device))
    shares = weights[row, pixel]
    parts = [embedding_bag(pixel, block, begins, mode="sum", per_sample_weights=shares) for block in columns]
    return torch.cat(parts, 1)


@lru_cache(maxsize=2)
def shared_references(digits: Digits) -> References:
    """Return the references, shared by all restorers over the same digits."""
    return References(digits)
