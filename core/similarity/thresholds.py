"""The effect of a threshold: how many digits are stopped early, how many of them correctly, and the accuracy.

All comparisons are made once; then any threshold can be tried at no cost. Time is measured in `timing`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from core.digits.datasets import Digits
from core.networks.classifier import Classifier
from core.networks.evaluation import BATCH
from core.similarity.lookup import NearestVectors
from core.similarity.reference_vectors import ReferenceVectors, compute_vectors


@dataclass(frozen=True, eq=False)
class Comparison:
    """Digits compared with the reference digits at every stage, and the network's own predictions; all `(N,)`."""

    labels: Tensor
    network_labels: Tensor
    distances: Mapping[str, Tensor]
    """To the nearest reference digit, by stage in the network's order."""
    nearest_labels: Mapping[str, Tensor]
    """The label of the nearest reference digit."""
    matches: Mapping[str, Tensor]
    """The index of the nearest reference digit."""

    @property
    def accuracy(self) -> float:
        """Return the network's own accuracy in percent."""
        return _percent(self.network_labels == self.labels)

    def at_stages(self, *stages: str) -> "Comparison":
        """Return the same with only these stages."""
        tables = (
            {name: table[name] for name in table if name in stages}
            for table in (self.distances, self.nearest_labels, self.matches)
        )
        return Comparison(self.labels, self.network_labels, *tables)


@dataclass(frozen=True)
class ThresholdResult:
    """The effect of one threshold for each stage; all in percent."""

    hits: float
    """Digits that were stopped early."""
    precision: float
    """Correct labels among those; nan without any."""
    network_accuracy: float
    """The network's own accuracy on the same digits; nan without any."""
    accuracy: float
    """Correct labels among all digits."""
    depths: tuple[float, ...]
    """Digits stopped early by each stage; they sum to the hits."""


@torch.no_grad()
def compare_digits(network: Classifier, references: ReferenceVectors, digits: Digits) -> Comparison:
    """Compare digits at every stage of `references`, and let the network read them all."""
    stages = tuple(references.lookups)
    found: dict[str, list[NearestVectors]] = {stage: [] for stage in stages}
    predicted = []
    for at in range(0, len(digits), BATCH):
        images = digits.images(slice(at, at + BATCH))
        for stage, vectors in compute_vectors(network, images, stages).items():
            found[stage].append(references.lookups[stage].nearest(vectors))
        predicted.append(network(images).argmax(1))
    distances = {stage: torch.cat([part.distances for part in parts]) for stage, parts in found.items()}
    matches = {stage: torch.cat([part.indices for part in parts]) for stage, parts in found.items()}
    labels = {stage: references.labels[indices] for stage, indices in matches.items()}
    distances, labels, matches = (
        {stage: values.cpu() for stage, values in table.items()} for table in (distances, labels, matches)
    )
    return Comparison(digits.labels.cpu(), torch.cat(predicted).cpu(), distances, labels, matches)


def evaluate_thresholds(comparison: Comparison, thresholds: Mapping[str, float]) -> ThresholdResult:
    """Return the result of a shortcut with these thresholds."""
    labels, depths = comparison.network_labels.clone(), []
    stopped = torch.zeros_like(labels, dtype=torch.bool)
    for stage, hits in _hits(comparison, thresholds):
        labels[hits] = comparison.nearest_labels[stage][hits]
        depths.append(_percent(hits))
        stopped |= hits
    right, network = labels == comparison.labels, comparison.network_labels == comparison.labels
    return ThresholdResult(
        _percent(stopped), _percent(right[stopped]), _percent(network[stopped]), _percent(right), tuple(depths)
    )


def _hits(comparison: Comparison, thresholds: Mapping[str, float]) -> Iterator[tuple[str, Tensor]]:
    """Yield each stage and which digits it stops early, bool `(N,)`."""
    left = torch.ones(len(comparison.labels), dtype=torch.bool)
    for stage, distances in comparison.distances.items():
        hits = left & (distances <= thresholds[stage])
        yield stage, hits
        left &= ~hits


@dataclass(frozen=True)
class WrongHit:
    """A digit that was stopped early with a wrong label."""

    index: int
    """Of the digit, among those compared."""
    stage: str
    match: int
    """The index of the reference digit."""
    label: int
    """The wrong label."""


def find_wrong_hits(comparison: Comparison, thresholds: Mapping[str, float]) -> list[WrongHit]:
    """Return the digits that these thresholds stop with a wrong label, stage by stage, in order."""
    found = []
    for stage, hits in _hits(comparison, thresholds):
        nearest = comparison.nearest_labels[stage]
        for index in torch.nonzero(hits & (nearest != comparison.labels)).flatten().tolist():
            found.append(WrongHit(index, stage, int(comparison.matches[stage][index]), int(nearest[index])))
    return found


def _percent(those: Tensor) -> float:
    return 100 * float(those.double().mean())


def quantile_thresholds(comparison: Comparison, share: float) -> dict[str, float]:
    """Return for each stage the threshold that this share, 0 to 1, of the digits would pass."""
    return {stage: float(distances.quantile(share)) for stage, distances in comparison.distances.items()}


def choose_thresholds(comparison: Comparison, loss: float) -> dict[str, float]:
    """Return for each stage the largest threshold with which at most `loss` points of accuracy are lost in total.

    The first stage may lose an equal share of it, the next an equal share of what is then left, and so on. A stage
    that would lose more with any threshold gets -1, which no distance is below.
    """
    left = torch.ones(len(comparison.labels), dtype=torch.bool)
    budget = loss / 100 * len(comparison.labels)  # in digits
    thresholds = {}
    for number, (stage, distances) in enumerate(comparison.distances.items()):
        gains = (comparison.nearest_labels[stage] == comparison.labels).int() - (
            comparison.network_labels == comparison.labels
        ).int()
        allowed = budget / (len(comparison.distances) - number)
        thresholds[stage], lost = _largest(distances[left], gains[left], allowed)
        budget -= lost
        left &= distances > thresholds[stage]
    return thresholds


def _largest(distances: Tensor, gains: Tensor, allowed: float) -> tuple[float, float]:
    """Return the largest threshold that loses at most `allowed` digits, and how many it loses."""
    order = distances.argsort(stable=True)
    nearest, lost = distances[order], -gains[order].cumsum(0)
    ends = torch.ones_like(nearest, dtype=torch.bool)
    ends[:-1] = nearest[:-1] < nearest[1:]  # a threshold includes all equal distances
    fair = torch.nonzero(ends & (lost <= allowed + 1e-9)).flatten()
    return (float(nearest[fair[-1]]), float(lost[fair[-1]])) if len(fair) else (-1.0, 0.0)
