"""What a threshold is worth: how many digits are cut short, how many of them rightly, and how many are read at all.

All comparisons are made once; a threshold then costs nothing to try. How long reading takes is in `timing`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from core.digits.datasets import Digits
from core.networks.classifier import Classifier
from core.networks.evaluation import BATCH
from core.similarity.reference_vectors import ReferenceVectors, compute_vectors


@dataclass(frozen=True, eq=False)
class Comparison:
    """Digits compared with those seen before at every stage, `(N,)` each, and what the network itself reads."""

    labels: Tensor
    network_labels: Tensor
    distances: Mapping[str, Tensor]
    """To the nearest, by stage in the order of the network."""
    nearest_labels: Mapping[str, Tensor]
    """The nearest one's label."""
    matches: Mapping[str, Tensor]
    """Which of the digits seen is the nearest."""

    @property
    def accuracy(self) -> float:
        """Return the network's own accuracy in percent."""
        return _percent(self.network_labels == self.labels)

    def at_stages(self, *stages: str) -> Comparison:
        """Return the same with these stages alone."""
        tables = (
            {name: table[name] for name in table if name in stages}
            for table in (self.distances, self.nearest_labels, self.matches)
        )
        return Comparison(self.labels, self.network_labels, *tables)


@dataclass(frozen=True)
class ThresholdResult:
    """What came of a threshold for each stage; all in percent."""

    hits: float
    """Digits that were cut short."""
    precision: float
    """Of those, the ones whose label was right; nan without any."""
    network_accuracy: float
    """Of the same digits, the ones that the network would have read right; nan without any (S5)."""
    accuracy: float
    """Right of all digits, cut short or not."""
    depths: tuple[float, ...]
    """How many each stage has cut short; they sum to the hits."""


@torch.no_grad()
def compare_digits(network: Classifier, seen: ReferenceVectors, digits: Digits) -> Comparison:
    """Compare digits at every stage of `seen`, and let the network read them all."""
    stages = tuple(seen.lookups)
    found: dict[str, list[Tensor]] = {stage: [] for stage in stages}
    plain = []
    for at in range(0, len(digits), BATCH):
        images = digits.images(slice(at, at + BATCH))
        for stage, vectors in compute_vectors(network, images, stages).items():
            nearest = seen.lookups[stage].nearest(vectors)
            found[stage].append(torch.stack([nearest.distances.double(), nearest.indices.double()]))
        plain.append(network(images).argmax(1))
    tables = {stage: torch.cat(parts, 1) for stage, parts in found.items()}
    distances = {stage: table[0].float() for stage, table in tables.items()}
    matches = {stage: table[1].long() for stage, table in tables.items()}
    offered = {stage: seen.labels[indices] for stage, indices in matches.items()}
    return Comparison(digits.labels, torch.cat(plain), distances, offered, matches)


def evaluate_thresholds(comparison: Comparison, thresholds: Mapping[str, float]) -> ThresholdResult:
    """Return what comes of these thresholds, as a shortcut that has them would read."""
    given, depths, left = comparison.network_labels.clone(), [], torch.ones(len(comparison.labels), dtype=torch.bool)
    for stage, distances in comparison.distances.items():
        hits = left & (distances <= thresholds[stage])
        given[hits] = comparison.nearest_labels[stage][hits]
        depths.append(_percent(hits))
        left &= ~hits
    right, plain = given == comparison.labels, comparison.network_labels == comparison.labels
    return ThresholdResult(
        _percent(~left), _percent(right[~left]), _percent(plain[~left]), _percent(right), tuple(depths)
    )


@dataclass(frozen=True)
class WrongHit:
    """A digit that was cut short and given another one's label."""

    index: int
    """Of the digit, among those surveyed."""
    stage: str
    match: int
    """The digit seen before that it was taken for."""
    label: int
    """The label it was given."""


def find_wrong_hits(comparison: Comparison, thresholds: Mapping[str, float]) -> list[WrongHit]:
    """Return the digits that these thresholds cut short wrongly, stage by stage, in their order."""
    found, left = [], torch.ones(len(comparison.labels), dtype=torch.bool)
    for stage, distances in comparison.distances.items():
        hits = left & (distances <= thresholds[stage])
        for index in torch.nonzero(hits & (comparison.nearest_labels[stage] != comparison.labels)).flatten().tolist():
            match, label = int(comparison.matches[stage][index]), int(comparison.nearest_labels[stage][index])
            found.append(WrongHit(index, stage, match, label))
        left &= ~hits
    return found


def _percent(those: Tensor) -> float:
    return 100 * float(those.double().mean())


def quantile_thresholds(comparison: Comparison, share: float) -> dict[str, float]:
    """Return by stage the threshold that this share, 0 to 1, of the digits would pass at that stage."""
    return {stage: float(distances.quantile(share)) for stage, distances in comparison.distances.items()}


def choose_thresholds(comparison: Comparison, loss: float) -> dict[str, float]:
    """Return by stage the largest threshold that loses at most `loss` points of accuracy on these digits in all.

    The first stage may lose an equal share of it, the next an equal share of what is then left, and so on. A stage that
    can recognize nothing at that price gets a threshold of -1, under which nothing is.
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
    """Return the largest threshold that loses at most so many digits, and how many it loses."""
    order = distances.argsort(stable=True)
    nearest, lost = distances[order], -gains[order].cumsum(0)
    ends = torch.ones_like(nearest, dtype=torch.bool)
    ends[:-1] = nearest[:-1] < nearest[1:]  # a threshold lets all in that are equally near
    fair = torch.nonzero(ends & (lost <= allowed + 1e-9)).flatten()
    return (float(nearest[fair[-1]]), float(lost[fair[-1]])) if len(fair) else (-1.0, 0.0)
