"""Reading by resemblance: where a digit is near enough to one seen before, it takes over its label (S4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import nan

import torch
from torch import Tensor

from core.networks.classifier import Classifier
from core.networks.evaluation import BATCH
from core.similarity.feature_vectors import to_vectors
from core.similarity.reference_vectors import ReferenceVectors


@dataclass(frozen=True, eq=False)
class ShortcutResult:
    """How digits were read: each its label, and where that comes from, all `(N,)`."""

    labels: Tensor
    depths: Tensor
    """Which of the stages compared cut it short, 0 the first; as many as there are stages: the network read it."""
    matches: Tensor
    """Which of the digits seen before gave the label; -1: none."""
    distances: Tensor
    """To that digit; nan: none was near enough."""

    @property
    def hits(self) -> Tensor:
        """Return which digits were cut short, `(N,)`."""
        return self.matches >= 0


@dataclass(frozen=True)
class ShortcutAnswer:
    """How one digit was read; as in a `Reading`."""

    label: int
    depth: int
    match: int
    distance: float


class Shortcut:
    """A network beside the digits it has seen, with a threshold for each stage at which they are compared.

    A digit at most so far from its nearest takes over that one's label, and the deeper stages are skipped; any other
    goes on to the next comparison, and at last to the network's own answer. Raises ValueError without a threshold for
    each stage.
    """

    def __init__(self, network: Classifier, seen: ReferenceVectors, thresholds: Mapping[str, float]) -> None:
        if missing := [stage for stage in seen.lookups if stage not in thresholds]:
            raise ValueError(f"How near is near enough at {missing[0]!r}? Each stage compared needs a threshold.")
        self.network, self.references, self.thresholds = network, seen, dict(thresholds)
        self._depths = {stage: depth for depth, stage in enumerate(seen.lookups)}

    @torch.no_grad()
    def read(self, images: Tensor) -> ShortcutResult:
        """Read `images` `(N, 1, 28, 28)`, some at a time; from each stage on, only those that no digit resembled."""
        parts = [self._read(part) for part in images.split(BATCH)]
        names = ("labels", "depths", "matches", "distances")
        return ShortcutResult(*(torch.cat([getattr(part, name) for part in parts]) for name in names))

    def _read(self, images: Tensor) -> ShortcutResult:
        reading = _nothing_yet(len(images), len(self._depths))
        left, output = torch.arange(len(images)), images
        for name, stage in self.network.stages():
            output = stage(output)
            if name in self._depths:
                left, output = self._compare(name, left, output, reading)
            if not len(left):
                return reading
        reading.labels[left] = output.argmax(1)
        return reading

    def _compare(self, stage: str, left: Tensor, output: Tensor, reading: ShortcutResult) -> tuple[Tensor, Tensor]:
        """Fill in what this stage recognizes; return what is left to read, and its output."""
        found = self.references.lookups[stage].nearest(to_vectors(output))
        hits = found.distances <= self.thresholds[stage]
        if not hits.any():
            return left, output
        which, matches = left[hits], found.indices[hits]
        reading.labels[which], reading.matches[which] = self.references.labels[matches], matches
        reading.depths[which], reading.distances[which] = self._depths[stage], found.distances[hits]
        missed = torch.nonzero(~hits).flatten()
        return left[missed], output[missed]

    @torch.no_grad()
    def read_one(self, image: Tensor) -> ShortcutAnswer:
        """Read one `image` `(1, 28, 28)`: the same answer as in a batch, without a batch's bookkeeping."""
        output = image[None]
        for name, stage in self.network.stages():
            output = stage(output)
            if name in self._depths:
                distance, match = self.references.lookups[name].nearest_of_one(to_vectors(output)[0])
                if distance <= self.thresholds[name]:
                    return ShortcutAnswer(int(self.references.labels[match]), self._depths[name], match, distance)
        return ShortcutAnswer(int(output.argmax(1)), len(self._depths), -1, nan)


def _nothing_yet(count: int, stages: int) -> ShortcutResult:
    nobody = torch.full((count,), -1)
    return ShortcutResult(nobody.clone(), torch.full((count,), stages), nobody, torch.full((count,), torch.nan))
