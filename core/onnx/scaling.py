"""Which pixels a network from a file expects: nobody writes that into the file, so it is measured on digits."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import torch

from core.digits.datasets import Digits
from core.networks import evaluation
from core.networks.classifier import MEAN, STD, Classifier

MEASURED = 300  # digits
ALIKE = 1.0  # points of accuracy that say nothing on so few digits


@dataclass(frozen=True)
class Scaling:
    """From our pixels, 0 to 1 with ink 1, to those that a network expects: `scale * pixel + shift`."""

    scale: float
    shift: float


SCALINGS: Mapping[str, Scaling] = MappingProxyType(
    {
        "0 to 1": Scaling(1.0, 0.0),
        "mean and deviation of MNIST": Scaling(1 / STD, -MEAN / STD),
        "−1 to 1": Scaling(2.0, -1.0),
        "0 to 255": Scaling(255.0, 0.0),
        "0 to 1, black on white": Scaling(-1.0, 1.0),
        "0 to 255, black on white": Scaling(-255.0, 255.0),
    }
)


@dataclass(frozen=True)
class ScalingChoice:
    """The pixels that a network gets, and how many digits it reads with each kind of them."""

    name: str
    """A key of SCALINGS."""
    accuracies: dict[str, float]
    """Percent of the digits that were tried, by key of SCALINGS."""
    digits: int
    dataset: str


@torch.no_grad()
def set_scaling(network: Classifier, name: str) -> None:
    """Let the network get such pixels from now on. Raises KeyError for a name that is not in SCALINGS."""
    scaling, first = SCALINGS[name], network.features.get_submodule("normalize")
    first.get_buffer("scale").fill_(scaling.scale)
    first.get_buffer("shift").fill_(scaling.shift)


def find_scaling(network: Classifier, digits: Digits, dataset: str, chosen: str = "") -> ScalingChoice:
    """Measure each kind of pixels on the first digits, and set the best one, or the `chosen` one.

    Networks often read digits of another brightness nearly as well: among such kinds, the smallest loss decides.
    """
    tried = digits.first(MEASURED)
    accuracies, losses = {}, {}
    for name in SCALINGS:
        set_scaling(network, name)
        probabilities = network.predict(tried.images())
        accuracies[name] = evaluation.accuracy(tried.labels, probabilities.argmax(1))
        losses[name] = evaluation.cross_entropy(tried.labels, probabilities)
    alike = [name for name, one in accuracies.items() if one >= max(accuracies.values()) - ALIKE]
    best = chosen or min(alike, key=lambda name: losses[name])
    set_scaling(network, best)
    return ScalingChoice(best, accuracies, len(tried), dataset)
