"""The exact look-up of the nearest by cosine distance: every vector is compared, none is skipped."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize

# Queries and vectors that are compared at once: their similarities stay in the processor's cache until the largest is
# found. All at once took three times as long.
QUERIES, BLOCK = 125, 2500


@dataclass(frozen=True, eq=False)
class NearestVectors:
    """What is nearest to each query: distances 0 to 2 and indices, `(N,)`, or `(N, K)` with the nearest first."""

    distances: Tensor
    indices: Tensor


class Lookup:
    """Vectors `(M, F)`, kept at length 1; D(U, T) = 1 - U·T / |U||T| (S3). One that is all 0 is at distance 1 of all.

    Of equally near ones the first is the nearest; scikit-learn's brute force takes any of them. What is nearer by less
    than float32 can tell, 1e-7, may count as equal or not, there and here. Raises ValueError for no vectors.
    """

    def __init__(self, vectors: Tensor) -> None:
        if not len(vectors):
            raise ValueError("Nothing can be looked up where nothing was seen before.")
        self.units = normalize(vectors, eps=1e-12)

    def __len__(self) -> int:
        return len(self.units)

    def first(self, count: int) -> Lookup:
        """Return the look-up among the first `count` vectors; the vectors are shared."""
        smaller = object.__new__(Lookup)
        smaller.units = self.units[:count]
        return smaller

    @torch.no_grad()
    def nearest(self, queries: Tensor) -> NearestVectors:
        """Return the nearest vector of each query `(N, F)`."""
        parts = [self._nearest(part) for part in normalize(queries, eps=1e-12).split(QUERIES)]
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
        """Return the distance and the index of the vector nearest to one query `(F,)`, in a fifth of a batch's time."""
        similarities = self.units @ query  # the length of the query changes nothing about who is nearest
        index = int(similarities.argmax())
        length = float(torch.linalg.vector_norm(query))
        return (max(0.0, 1 - float(similarities[index]) / length) if length > 0 else 1.0), index

    @torch.no_grad()
    def neighbours(self, query: Tensor, count: int) -> NearestVectors:
        """Return the `count` nearest of one query `(F,)`, the nearest first."""
        distances = (1 - self.units @ normalize(query, dim=0, eps=1e-12)).clamp(min=0)
        distances, indices = distances.sort(stable=True)
        return NearestVectors(distances[:count], indices[:count])


def _largest(similarities: Tensor) -> tuple[Tensor, Tensor]:
    """Return the largest similarity of each row and the first place where it is; more than 1 is rounding."""
    best, where = similarities.max(1)
    if bool((best > 1).any()):
        best, where = similarities.clamp_(max=1).max(1)
    return best, where
