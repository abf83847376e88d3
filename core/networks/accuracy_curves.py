"""Accuracy against how much of each digit is missing: measured, and as it was recorded on MNIST."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

from core.digits.datasets import Digits
from core.networks.evaluation import Network, evaluate
from core.pmnist.masks import GROWTH_DIRECTIONS, growing_mask

SHARES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
RECORDED = Path(__file__).with_name("recorded_accuracy_curves.json")


@dataclass(frozen=True)
class CurvePoint:
    """The accuracy in percent of one network with one share missing."""

    network: str
    direction: str
    share: float
    accuracy: float
    done: int
    points: int


def measure_curves(networks: Mapping[str, Network], digits: Digits) -> Iterator[CurvePoint]:
    """Yield the accuracy of every network for every direction of GROWTH_DIRECTIONS and every share of SHARES."""
    cells = list(product(networks, GROWTH_DIRECTIONS, SHARES))
    for done, (name, direction, share) in enumerate(cells, 1):
        accuracy = evaluate(networks[name], digits, growing_mask(direction, share))
        yield CurvePoint(name, direction, share, accuracy, done, len(cells))


@cache
def recorded_curves() -> Mapping[str, Any]:
    """Return what `python -m core evaluate --all --growing --images 250 --json` has printed.

    `dataset`, and `networks`: by name and direction, the accuracies in percent, one for each share of SHARES.
    """
    if not RECORDED.exists():
        return {"networks": {}}
    record: Mapping[str, Any] = json.loads(RECORDED.read_text("utf-8"))
    return record
