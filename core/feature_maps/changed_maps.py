"""Features switched off by hand: what does a network answer without a map, with more of it, or with its opposite?

Erasing pixels takes many features away at once; here it is one map, one unit or one stage.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import torch
from torch import Tensor, nn

from core.maximization.stage_outputs import Shape, stage_shapes
from core.networks.classifier import Classifier
from core.networks.evaluation import lead


class Change(StrEnum):
    """What becomes of the values of a map."""

    OFF = "off"
    HALVED = "halved"
    DOUBLED = "doubled"
    SCALED = "scaled"
    MEAN = "mean"
    INVERTED = "1 - x"


FUNCTIONS: Mapping[Change, Callable[[Tensor, float], Tensor]] = {
    Change.OFF: lambda maps, strength: torch.zeros_like(maps),
    Change.HALVED: lambda maps, strength: maps / 2,
    Change.DOUBLED: lambda maps, strength: 2 * maps,
    Change.SCALED: lambda maps, strength: strength * maps,
    # Over the map's places: how much there is of the feature stays, where it is does not. A unit has one place.
    Change.MEAN: lambda maps, strength: maps.mean((2, 3), keepdim=True).expand_as(maps),
    Change.INVERTED: lambda maps, strength: 1 - maps,
}


@dataclass(frozen=True)
class MapChange:
    """A change of one map or unit of a stage, or of all of them."""

    stage: str
    map: int | None
    """None: every map of the stage."""
    change: Change
    strength: float = 1.0
    """The factor of SCALED; other changes have none."""


class ChangedStage(nn.Module):
    """A stage with some of its output changed; its output has `shape` without the batch, flattened or not."""

    def __init__(self, stage: nn.Module, shape: Shape, changes: Sequence[MapChange]) -> None:
        super().__init__()
        self.stage, self.shape, self.changes = stage, shape, tuple(changes)

    def forward(self, inputs: Tensor) -> Tensor:
        output = self.stage(inputs)
        maps = output.reshape(-1, *self.shape).clone()
        for one in self.changes:
            at = slice(None) if one.map is None else slice(one.map, one.map + 1)
            maps[:, at] = FUNCTIONS[one.change](maps[:, at], one.strength)
        return maps.reshape(output.shape)


def with_changes(network: Classifier, changes: Sequence[MapChange]) -> Classifier:
    """Return a network with these changes, in this order, which shares all weights with the one it was made from.

    Raises ValueError, a sentence, for a stage or a map that the network does not have.
    """
    shapes = stage_shapes(network)
    for one in changes:
        if one.stage not in shapes:
            raise ValueError(f"This network has no stage called {one.stage!r}.")
        if one.map is not None and not 0 <= one.map < shapes[one.stage][0]:
            raise ValueError(f"The stage {one.stage} has {shapes[one.stage][0]} maps, so none with number {one.map}.")

    def change(name: str, stage: nn.Module) -> nn.Module:
        own = [one for one in changes if one.stage == name]
        return ChangedStage(stage, shapes[name], own) if own else stage

    features, head = (
        nn.Sequential(OrderedDict((name, change(name, one)) for name, one in part.named_children()))
        for part in (network.features, network.head)
    )
    return Classifier(features, head, change("inverted", network.inversion)).eval()


@torch.no_grad()
def silence_each(network: Classifier, image: Tensor, stage: str) -> Tensor:
    """Return the probabilities `(maps, classes)` for an image `(1, 28, 28)` with each map of a stage off in turn.

    Raises ValueError for a stage that the network does not have.
    """
    maps, score = _split(network, image, stage)
    return score(maps * ~_each(maps)).softmax(1)


@dataclass(frozen=True, eq=False)
class SilencedMaps:
    """Some maps of a stage are off, and what the network answers then."""

    maps: tuple[int, ...]
    """In the order in which they were switched off."""
    label: int
    probability: float
    """Of the label."""
    changed: bool
    """Whether the label differs from the one with all maps."""


@torch.no_grad()
def find_fewest_maps(network: Classifier, image: Tensor, stage: str) -> Iterator[SilencedMaps]:
    """Switch maps of a stage off, one by one, until the answer for an image `(1, 28, 28)` changes.

    Greedy: each step silences the map that lowers the first answer's lead over the other classes most, so another set
    might be smaller. Ends without a change if no map is left. Raises ValueError for a stage that there is not.
    """
    maps, score = _split(network, image, stage)
    first, silenced = int(score(maps[None]).argmax()), list[int]()
    while left := [number for number in range(len(maps)) if number not in silenced]:
        logits = score(maps * ~_each(maps)[left])
        best = int(lead(logits, first).argmin())
        silenced.append(left[best])
        maps = maps * ~_each(maps)[left[best]]
        probability, label = logits[best].softmax(0).max(0)
        yield SilencedMaps(tuple(silenced), int(label), float(probability), int(label) != first)
        if label != first:
            return


def _split(network: Classifier, image: Tensor, stage: str) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
    """Return the maps `(K, rows, columns)` of a stage, and what gives logits for many such `(N, K, rows, columns)`."""
    names = [name for name, _ in network.stages()]
    if stage not in names:
        raise ValueError(f"This network has no stage called {stage!r}.")
    output = dict(network.walk(image[None]))[stage]
    later = nn.Sequential(*(one for _, one in network.stages()[names.index(stage) + 1 :]))
    maps = output[0].reshape(stage_shapes(network)[stage])
    return maps, lambda tried: later(tried.reshape(-1, *output.shape[1:]))


def _each(maps: Tensor) -> Tensor:
    """Return `(K, K, 1, 1)` for K maps: in row k only map k is True."""
    return torch.eye(len(maps), dtype=torch.bool, device=maps.device)[..., None, None]
