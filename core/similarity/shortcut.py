"""Reading with the similarity shortcut: a digit that is near enough to a reference digit gets its label."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import nan

import torch
from torch import Tensor

from core.networks.classifier import Classifier
from core.networks.evaluation import BATCH
from core.similarity.feature_vectors import to_vectors
from core.similarity.reference_vectors import ReferenceVectors
from core.system import interrupts


@dataclass(frozen=True, eq=False)
class ShortcutResult:
    """The labels of digits, and where they come from, all `(N,)`."""

    labels: Tensor
    depths: Tensor
    """The stage at which the digit was stopped early, counted from 0; the number of stages if the network read it."""
    matches: Tensor
    """The index of the reference digit that gave the label; -1: none."""
    distances: Tensor
    """To that digit; nan: none was near enough."""

    @property
    def hits(self) -> Tensor:
        """Return which digits were stopped early, bool `(N,)`."""
        return self.matches >= 0


@dataclass(frozen=True)
class ShortcutAnswer:
    """How one digit was read; the fields are those of `ShortcutResult`."""

    label: int
    depth: int
    match: int
    distance: float


class Shortcut:
    """A network, its reference digits, and a threshold for each stage at which digits are compared.

    A digit within the threshold of its nearest reference gets that label, and the later stages are skipped. Any other
    continues to the next stage, and in the end to the network's own prediction. Raises ValueError without a threshold
    for each stage.
    """

    def __init__(self, network: Classifier, references: ReferenceVectors, thresholds: Mapping[str, float]) -> None:
        if missing := [stage for stage in references.lookups if stage not in thresholds]:
            raise ValueError(f"There is no threshold for {missing[0]!r}: each stage that is compared needs one.")
        self.network, self.references, self.thresholds = network, references, dict(thresholds)
        self._depths = {stage: depth for depth, stage in enumerate(references.lookups)}

    @torch.no_grad()
    def read(self, images: Tensor) -> ShortcutResult:
        """Read `images` `(N, 1, 28, 28)` in batches; each stage computes only the digits without a match so far."""
        parts = [self._read(part) for part in images.split(BATCH)]
        names = ("labels", "depths", "matches", "distances")
        return ShortcutResult(*(torch.cat([getattr(part, name) for part in parts]) for name in names))

    def _read(self, images: Tensor) -> ShortcutResult:
        interrupts.check()
        reading = _empty_result(images, len(self._depths))
        left, output = torch.arange(len(images), device=images.device), images
        for name, stage in self.network.stages():
            output = stage(output)
            if name in self._depths:
                left, output = self._compare(name, left, output, reading)
            if not len(left):
                return reading
        reading.labels[left] = output.argmax(1)
        return reading

    def _compare(self, stage: str, left: Tensor, output: Tensor, reading: ShortcutResult) -> tuple[Tensor, Tensor]:
        """Fill in the digits that match at this stage; return the indices of the others, and their outputs."""
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
        """Read one `image` `(1, 28, 28)`: the same result as in a batch, but faster."""
        output = image[None]
        for name, stage in self.network.stages():
            output = stage(output)
            if name in self._depths:
                distance, match = self.references.lookups[name].nearest_of_one(to_vectors(output)[0])
                if distance <= self.thresholds[name]:
                    return ShortcutAnswer(int(self.references.labels[match]), self._depths[name], match, distance)
        return ShortcutAnswer(int(output.argmax(1)), len(self._depths), -1, nan)


def _empty_result(images: Tensor, stages: int) -> ShortcutResult:
    none = torch.full((len(images),), -1, device=images.device)
    return ShortcutResult(none.clone(), torch.full_like(none, stages), none, images.new_full(none.shape, torch.nan))
