"""Accuracy against how much of each digit is missing: measured, and as it was recorded on MNIST."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from types import MappingProxyType

from core.digits.datasets import Digits
from core.networks.evaluation import Network, evaluate
from core.pmnist.masks import GROWTH_DIRECTIONS, growing_mask
from core.system.parsing import parse_json
from core.system.records import to_record

SHARES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
HALF = 0.5  # the share that a sentence is about
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


@dataclass(frozen=True)
class RecordedSet:
    """The digits of a record: the first `images` test digits of a data set."""

    name: str
    source: str
    images: int


@dataclass(frozen=True)
class RecordedCurves:
    """Accuracies in percent as they were measured once."""

    dataset: RecordedSet
    shares: tuple[float, ...]
    """How much was missing, 0 to 1."""
    curves: Mapping[tuple[str, str], tuple[float, ...]]
    """By network and direction, one for each share."""

    def __post_init__(self) -> None:
        if HALF not in self.shares or any(len(curve) != len(self.shares) for curve in self.curves.values()):
            raise ValueError("A curve needs an accuracy for each share, and the shares include one half.")

    def of(self, networks: Iterable[str], direction: str) -> dict[str, dict[float, float]]:
        """Return the accuracies by share of those networks that were recorded."""
        found = {name: self.curves[name, direction] for name in networks if (name, direction) in self.curves}
        return {name: dict(zip(self.shares, curve, strict=True)) for name, curve in found.items()}


@dataclass(frozen=True)
class _Printed:
    """What `python -m core evaluate --all --growing --images 250 --json` prints."""

    dataset: RecordedSet
    missing: tuple[float, ...]
    networks: dict[str, dict[str, tuple[float, ...]]]


@cache
def recorded_curves(path: Path = RECORDED) -> RecordedCurves:
    """Return the curves that were recorded. Raises ValueError, a sentence, if the file cannot be read."""
    try:
        printed = to_record(_Printed, parse_json(path.read_bytes()))
        curves = {(name, kind): row for name, rows in printed.networks.items() for kind, row in rows.items()}
        shares = tuple(percent / 100 for percent in printed.missing)
        return RecordedCurves(printed.dataset, shares, MappingProxyType(curves))
    except (OSError, ValueError) as error:
        raise ValueError("The recorded curves cannot be read.") from error
