"""The reference digits that new digits are compared with, as one network's feature vectors at each stage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from core.digits.datasets import Digits
from core.networks.classifier import Classifier
from core.networks.evaluation import BATCH
from core.similarity.feature_vectors import list_stages, to_vectors
from core.similarity.lookup import Lookup, to_units


@dataclass(frozen=True, eq=False)
class ReferenceVectors:
    """The reference digits' labels `(M,)` and, by stage in the network's order, their vectors."""

    labels: Tensor
    lookups: Mapping[str, Lookup]

    def __len__(self) -> int:
        return len(self.labels)

    def first(self, count: int) -> "ReferenceVectors":
        """Return the first `count` digits, without a copy."""
        return ReferenceVectors(
            self.labels[:count], {stage: lookup.first(count) for stage, lookup in self.lookups.items()}
        )

    def at_stages(self, *stages: str) -> "ReferenceVectors":
        """Return the same digits with only these stages."""
        return ReferenceVectors(
            self.labels, {stage: lookup for stage, lookup in self.lookups.items() if stage in stages}
        )


def compute_references(network: Classifier, digits: Digits, stages: Sequence[str] | None = None) -> ReferenceVectors:
    """Return the digits' vectors in this network, at the given stages or at all of `list_stages`.

    Raises ValueError if the network has no such stage.
    """
    known = list_stages(network)
    wanted = known if stages is None else tuple(stages)
    if unknown := [stage for stage in wanted if stage not in known]:
        raise ValueError(f"This network has no stage {unknown[0]!r} to compare at; it has {', '.join(known)}.")
    units: dict[str, Tensor] = {}  # written batch by batch: joining the batches at the end would take twice the memory
    for at in range(0, len(digits), BATCH):
        for stage, vectors in compute_vectors(network, digits.images(slice(at, at + BATCH)), wanted).items():
            whole = units.setdefault(stage, vectors.new_empty(len(digits), vectors.shape[1]))
            whole[at : at + BATCH] = to_units(vectors)
    return ReferenceVectors(digits.labels, {stage: Lookup.of_units(whole) for stage, whole in units.items()})


@torch.no_grad()
def compute_vectors(network: Classifier, images: Tensor, stages: Sequence[str]) -> dict[str, Tensor]:
    """Return the feature vectors `(N, F)` of `images` `(N, 1, 28, 28)` at each stage."""
    vectors = {}
    for name, output in network.walk(images):
        if name in stages:
            vectors[name] = to_vectors(output)
        if len(vectors) == len(stages):
            break
    return vectors
