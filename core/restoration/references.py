"""Whole digits to compare partial ones with, stored so that only ink and the edges of holes cost time."""

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn.functional import pad

from core.digits.datasets import Digits
from core.pmnist.masks import SIDE

# References in one block: the part that a digit needs stays in the processor's cache while a batch is compared.
BLOCK = 2500
PIXEL = 1 / 255  # what a byte of a pixel is worth
SUM = SIDE / 65535  # what the last of a sum's 16 bits is worth: a row's squares sum to at most SIDE
END = 8  # bytes after a packed row: its scale and its offset
SCALES = (PIXEL, 256 * SUM, SUM)  # of the three parts of a block: pixels, and the two bytes of the sums


class References:
    """Whole digits as vectors `(R, 784)` in [0, 1], with cumulative sums of squares in 16 bits: 100 MB for MNIST's."""

    def __init__(self, digits: Digits) -> None:
        self.labels, self._pixels = digits.labels, digits.pixels.flatten(1)
        self.classes = {int(label): (self.labels == label).nonzero()[:, 0] for label in self.labels.unique()}
        self._blocks = [_pack(pixels) for pixels in self._pixels.split(BLOCK)]
        self._totals = torch.cat([_square(pixels).sum(1) for pixels in self._pixels.split(BLOCK)]).float() * PIXEL**2

    def __len__(self) -> int:
        return len(self.labels)

    def vectors(self, index: slice | Tensor) -> Tensor:
        """Return the digits at `index` `(...)` as float32 `(..., 784)`."""
        return self._pixels[index].float().div_(255)

    def squared_distances(self, visible: Tensor, kept: Tensor) -> Tensor:
        """Return squared distances `(N, R)` of partial digits `(N, 784)` on kept pixels, less a constant per digit.

        `kept` is 1 or 0, `(N, 784)` or `(1, 784)`; hidden pixels of `visible` are 0. The sum of m(r - x)^2 is
        rr - (1 - m)rr - 2(mx)r + mx^2. An edge of a hole is off by at most SUM / 2.
        """
        hole = (1 - kept).unflatten(1, (SIDE, SIDE))
        edges = (hole - pad(hole[..., 1:], (0, 1))).flatten(1)  # summation by parts: a run of pixels costs two sums
        edges = edges.expand(len(visible), -1)
        weights = torch.cat([2 * visible, edges, edges], 1)
        return self._totals - torch.cat(_products(weights, self._blocks), 1)


def _square(pixels: Tensor) -> Tensor:
    return pixels.int().square_()


@dataclass(frozen=True, eq=False)
class _Block:
    """Some references as bytes: their pixels, then both bytes of the sums of squares from the row's beginning.

    Each row `(B + END,)` ends in its scale and an offset of 0, both float32, as torch's embedding of bytes needs it.
    Where no reference has ink, the row is as the one before, and is stored once.
    """

    rows: Tensor
    places: Tensor
    """The row of each of the three parts' values `(2352,)`."""


def _pack(pixels: Tensor) -> _Block:
    """Return pixels `(B, 784)` as a block."""
    sums = _square(pixels).unflatten(1, (SIDE, SIDE)).cumsum(2).flatten(1)
    sums = (sums * (PIXEL**2 / SUM)).round_().int()
    parts = torch.cat([pixels, sums >> 8, sums & 255], 1).byte().T
    scales = torch.tensor(SCALES, device=pixels.device).repeat_interleave(SIDE**2)
    ends = torch.stack([scales, torch.zeros_like(scales)], 1).view(torch.uint8)
    return _Block(*torch.cat([parts, ends], 1).unique_consecutive(dim=0, return_inverse=True))


def _products(weights: Tensor, blocks: list[_Block]) -> list[Tensor]:
    """Return `weights` `(N, 2352)` times each block: `(N, BLOCK)`. Weights of 0 are skipped."""
    if weights.device.type != "cpu":  # torch has an embedding of bytes for processors only
        used = weights.any(0).nonzero()[:, 0]
        scaled = weights[:, used] * weights.new_tensor(SCALES).repeat_interleave(SIDE**2)[used]
        return [scaled @ block.rows[block.places[used], :-END].float() for block in blocks]
    row, value = weights.nonzero(as_tuple=True)
    begins = torch.searchsorted(row, torch.arange(len(weights)))
    multiply = torch.ops.quantized.embedding_bag_byte_rowwise_offsets
    used = weights[row, value]
    return [multiply(block.rows, block.places[value], begins, per_sample_weights=used) for block in blocks]


@lru_cache(maxsize=2)
def shared_references(digits: Digits) -> References:
    """Return the references, shared by all restorers over the same digits."""
    return References(digits)
