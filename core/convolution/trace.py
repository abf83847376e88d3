"""The stages that a digit passes in a network, each with its inputs and outputs."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.networks.classifier import Classifier


@dataclass(frozen=True, eq=False)
class StageTrace:
    """One stage with its inputs and outputs for a digit, `(maps, H, W)` or `(values,)`."""

    name: str
    stage: nn.Module
    inputs: Tensor
    outputs: Tensor

    @property
    def spatial(self) -> bool:
        return self.outputs.ndim == 3


@torch.no_grad()
def trace_stages(network: Classifier, image: Tensor) -> list[StageTrace]:
    """Return every stage that an image `(1, 28, 28)` passes, with its inputs and outputs."""
    stages = {**dict(network.features.named_children()), "inverted": network.inversion}
    stages |= dict(network.head.named_children())
    traces, inputs = [], image
    for name, output in network.walk(image[None]):
        traces.append(StageTrace(name, stages[name], inputs, output[0]))
        inputs = output[0]
    return traces
