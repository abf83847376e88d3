"""Judge attribution methods: does a map tell where to erase, and does it depend on the network's weights?

Deletion and insertion are those of Petsiuk et al. (2018), the randomised weights those of Adebayo et al. (2018). Both
look at the ink alone: erasing an empty pixel changes nothing, so a map that shows no more than the strokes would
otherwise win against chance.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

import torch
from torch import Tensor

from core.attribution.methods import METHODS, AttributionError, attribute, private_copy
from core.inversion.functions import reset_weights
from core.networks.classifier import Classifier
from core.pmnist.masks import SIDE

STEPS = 20  # of a curve: each erases another 5 % of the inked pixels
BRIGHTNESS, RANDOM = "brightness", "random"  # orders without a method: the brightest ink first, any ink first
DRAWS = 10  # random orders


@dataclass(frozen=True, eq=False)
class ErasingCurves:
    """The probability of a class while more and more ink is erased, or shown, in an order."""

    order: str
    """A name of METHODS, BRIGHTNESS or RANDOM."""
    ranks: Tensor
    """`(R, 28, 28)`: the place of each inked pixel in the order, from 0; empty pixels have -1. R > 1: random draws."""
    deletion: Tensor
    """`(R, STEPS + 1)`: with the first 0, 5, ..., 100 % of the ink erased."""
    insertion: Tensor
    """`(R, STEPS + 1)`: with nothing but the first 0, 5, ..., 100 % of the ink."""

    @property
    def deletion_area(self) -> float:
        """The mean area under the deletion curves, 0 to 1: small where the order finds the ink that counts."""
        return _area(self.deletion)

    @property
    def insertion_area(self) -> float:
        """The mean area under the insertion curves, 0 to 1: large where the order finds the ink that counts."""
        return _area(self.insertion)


def _area(curves: Tensor) -> float:
    return float(torch.trapezoid(curves, dx=1 / STEPS).mean())


def judge_orders(network: Classifier, image: Tensor, label: int, *, draws: int = DRAWS) -> Iterator[ErasingCurves]:
    """Yield the curves of every method that the network allows, of the brightest ink first, and of random orders.

    `image` `(1, 28, 28)`; pixels above 0 are ink. `label`: the class that is explained.
    """
    for method in METHODS:
        try:
            values = attribute(network, image, label, method)
        except AttributionError:
            continue
        yield follow_order(network, image, label, method, values[None])
    yield follow_order(network, image, label, BRIGHTNESS, image)
    chance = torch.rand(draws, SIDE, SIDE, generator=torch.Generator().manual_seed(0)).to(image.device)
    yield follow_order(network, image, label, RANDOM, chance)


@torch.no_grad()
def follow_order(network: Classifier, image: Tensor, label: int, order: str, values: Tensor) -> ErasingCurves:
    """Return the curves for maps `values` `(R, 28, 28)`, the ink with the largest value first; in one pass."""
    ranks = rank_ink(values, image)
    masks = torch.stack([~select_first(ranks, step / STEPS) for step in range(STEPS + 1)], 1)
    both = torch.stack([masks, ~masks]).flatten(0, 2)
    deletion, insertion = network.predict_holes(image, both)[:, label].reshape(2, *masks.shape[:2]).cpu()
    return ErasingCurves(order, ranks.cpu(), deletion, insertion)


def rank_ink(values: Tensor, image: Tensor) -> Tensor:
    """Return the place of each inked pixel in the order of `values` `(R, 28, 28)`, the largest first; -1 elsewhere."""
    ink = (image > 0).expand_as(values)
    order = values.masked_fill(~ink, -torch.inf).flatten(1).argsort(dim=1, descending=True, stable=True)
    return order.argsort(1).reshape(values.shape).where(ink, -1)


def select_first(ranks: Tensor, share: float) -> Tensor:
    """Return bool `(R, 28, 28)`: the first share (0 to 1) of the ink in an order of `rank_ink`."""
    ink = ranks >= 0
    return ink & (ranks < (share * ink.sum((1, 2), keepdim=True)).round())


@dataclass(frozen=True, eq=False)
class RandomizedStep:
    """The maps of a digit after some of the last layers have lost what they learned."""

    stages: tuple[str, ...]
    """Those with random weights, the last one first; none at first."""
    maps: dict[str, Tensor]
    """`(28, 28)` for each method that the network allows."""
    signed: dict[str, float]
    """Spearman's rank correlation, over the ink, of each map with that of the trained network, -1 to 1."""
    absolute: dict[str, float]
    """The same of the absolute values, as in the paper: also high where both maps follow the brightness of the ink."""


def randomize_layers(network: Classifier, image: Tensor, label: int, *, seed: int = 0) -> Iterator[RandomizedStep]:
    """Yield the maps of the trained network, then with random weights in its last layer, its last two, ..., in all.

    `image` `(1, 28, 28)`; `label`: the class that is explained, the same in every step.
    """
    trained, own = _find_maps(network, image, label), private_copy(network)
    ink = image[0] > 0
    names = [name for name, stage in reversed(own.stages()) if next(stage.parameters(), None) is not None]
    for stages in accumulate(((name,) for name in names), initial=()):
        if stages:
            reset_weights(dict(own.stages())[stages[-1]], seed=seed)
        maps = _find_maps(own, image, label)
        pairs = {method: (values[ink], trained[method][ink]) for method, values in maps.items()}
        yield RandomizedStep(
            stages,
            {method: values.cpu() for method, values in maps.items()},
            {method: compare_ranks(now, before) for method, (now, before) in pairs.items()},
            {method: compare_ranks(now.abs(), before.abs()) for method, (now, before) in pairs.items()},
        )


def _find_maps(network: Classifier, image: Tensor, label: int) -> dict[str, Tensor]:
    found = {}
    for method in METHODS:
        try:
            found[method] = attribute(network, image, label, method)
        except AttributionError:
            continue
    return found


def compare_ranks(values: Tensor, others: Tensor) -> float:
    """Return Spearman's rank correlation of two vectors, -1 to 1; 0 where one of them has one value only."""
    both = torch.stack([_to_ranks(values), _to_ranks(others)])
    return float(torch.corrcoef(both)[0, 1].nan_to_num(0.0))


def _to_ranks(values: Tensor) -> Tensor:
    """Return the place of each value in their order; equal ones share the mean of their places."""
    _, inverse, counts = values.unique(return_inverse=True, return_counts=True)
    return (counts.cumsum(0) - (counts - 1) / 2)[inverse]
