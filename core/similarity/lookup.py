"""Exact nearest neighbours by cosine distance: every vector is compared."""

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor
from torch.nn.functional import normalize

# Numbers of queries and vectors compared at once, so that their similarities fit into the processor's cache. All at
# once took three times as long.
QUERIES, BLOCK = 125, 2500


@dataclass(frozen=True, eq=False)
class NearestVectors:
    """The nearest vectors: distances from 0 to 2 and indices, `(N,)` for N queries, or `(K,)` sorted for one."""

    distances: Tensor
    indices: Tensor


class Lookup:
    """Vectors `(M, F)`, normalized to length 1, compared by D(U, T) = 1 - U·T / |U||T|.

    A zero vector has distance 1 from all others. Of equally near vectors the first is returned; differences below
    float32's precision, 1e-7, may count as equal. Raises ValueError for no vectors.
    """

    def __init__(self, vectors: Tensor) -> None:
        if not len(vectors):
            raise ValueError("There are no reference digits to compare with.")
        self.units = to_units(vectors)

    @classmethod
    def of_units(cls, units: Tensor) -> Self:
        """Return the look-up among vectors `(M, F)` of length 1 (or 0), without a copy."""
        lookup = object.__new__(cls)
        lookup.units = units
        return lookup

    def __len__(self) -> int:
        return len(self.units)

    def first(self, count: int) -> Self:
        """Return the look-up among the first `count` vectors, without a copy."""
        return self.of_units(self.units[:count])

    @torch.no_grad()
    def nearest(self, queries: Tensor) -> NearestVectors:
        """Return the nearest vector of each query `(N, F)`."""
        parts = [self._nearest(part) for part in to_units(queries).split(QUERIES)]
        similarities, indices = (torch.cat(found) for found in zip(*parts, strict=True))
        return NearestVectors((1 - similarities).clamp_(min=0), indices)

    def _nearest(self, units: Tensor) -> tuple[Tensor, Tensor]:
        best, where = _largest(units @ self.units[:BLOCK].T)
        for begin in range(BLOCK, len(self.units), BLOCK):
            similarity, index = _largest(units @ self.units[begin : begin + BLOCK].T)
            better = similarity > best
            best = torch.where(better, similarity, best)
            where = torch.where(better, index + begin, where)
        return best, where

    @torch.no_grad()
    def nearest_of_one(self, query: Tensor) -> tuple[float, int]:
        """Return the distance and index of the vector nearest to one query `(F,)`, five times faster than `nearest`."""
        similarities = self.units @ query  # the length of the query does not matter for the order
        index = int(similarities.argmax())
        length = float(torch.linalg.vector_norm(query))
        return (max(0.0, 1 - float(similarities[index]) / length) if length > 0 else 1.0), index

    @torch.no_grad()
    def neighbours(self, query: Tensor, count: int) -> NearestVectors:
        """Return the `count` vectors nearest to one query `(F,)`, the nearest first."""
        distances = (1 - self.units @ normalize(query, dim=0, eps=1e-12)).clamp(min=0)
        distances, indices = distances.sort(stable=True)
        return NearestVectors(distances[:count], indices[:count])


def to_units(vectors: Tensor) -> Tensor:
    """Return the vectors `(M, F)` with length 1; zero vectors stay zero."""
    return normalize(vectors, eps=1e-12)


def _largest(similarities: Tensor) -> tuple[Tensor, Tensor]:
    """Return the largest similarity of each row and its first index; values above 1 are rounding errors."""
    best, where = similarities.max(1)
    if bool((best > 1).any()):
        best, where = similarities.clamp_(max=1).max(1)
    return best, where
