"""Units that respond to nothing: a ReLU that is 0 for every digit passes no gradient back, so it cannot recover."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.networks.classifier import Classifier

BATCH = 250


@dataclass(frozen=True)
class DeadUnits:
    """One stage of ReLUs."""

    stage: str
    dead: int
    """How many of its maps, or of its units in the head, respond to no image."""
    units: int


@torch.no_grad()
def find_dead_units(network: Classifier, images: Tensor) -> list[DeadUnits]:
    """Return the count of dead units in each ReLU stage, for `images` `(N, 1, 28, 28)`; first to last."""
    stages = [name for name, stage in network.stages() if isinstance(stage, nn.ReLU | nn.ReLU6)]
    highest: dict[str, Tensor] = {}
    for name, response in (pair for batch in images.split(BATCH) for pair in _walk_relus(network, batch, stages)):
        highest[name] = torch.maximum(highest[name], response) if name in highest else response
    return [DeadUnits(name, int((highest[name] <= 0).sum()), len(highest[name])) for name in stages]


def _walk_relus(network: Classifier, images: Tensor, stages: list[str]) -> Iterator[tuple[str, Tensor]]:
    """Yield the name of each of these stages and the highest response `(units,)` of its maps or units."""
    for name, output in network.walk(images):
        if name in stages:
            yield name, output.flatten(2).amax((0, 2)) if output.ndim > 2 else output.amax(0)
