"""The stages that a digit passes in a network, each with its inputs and outputs."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.networks.classifier import Classifier


@dataclass(frozen=True, eq=False)
class StageTrace:
    """One stage on a digit's way: what it is given and what it gives, `(maps, H, W)` or `(values,)`."""

    name: str
    stage: nn.Module
    inputs: Tensor
    outputs: Tensor

    @property
    def spatial(self) -> bool:
        return self.outputs.ndim == 3


@torch.no_grad()
def trace_stages(network: Classifier, image: Tensor) -> list[StageTrace]:
    """Return every stage that an image `(1, 28, 28)` passes, with what it is given and gives there."""
    stages = {**dict(network.features.named_children()), "inverted": network.inversion}
    stages |= dict(network.head.named_children())
    stations, given = [], image
    for name, output in network.walk(image[None]):
        stations.append(StageTrace(name, stages[name], given, output[0]))
        given = output[0]
    return stations
