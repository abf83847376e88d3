"""The filters of every convolution, input by output, and how far they have moved while the network learned (F1)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.networks.classifier import Classifier


@dataclass(frozen=True, eq=False)
class Filters:
    """The weights of one convolution."""

    stage: str
    weights: Tensor
    """`(out, in, k, k)`, as PyTorch keeps them; Keras writes the same shape as (k, k, in, out)."""
    biases: Tensor
    """`(out,)`; zeros where there are none."""

    @property
    def keras_shape(self) -> tuple[int, int, int, int]:
        """The shape as the lecture prints it (F1): (3, 3, 1, 8) is eight filters of 3x3 over one map."""
        made, read, rows, columns = self.weights.shape
        return rows, columns, read, made


@dataclass(frozen=True)
class FilterChange:
    """How far the filters of a layer are from where they began."""

    relative_length: float
    """Of the change, as a share of the length of the weights at the start."""
    cosine: float
    """The cosine between start and now: 1 where nothing has turned."""


def list_filters(network: Classifier) -> tuple[Filters, ...]:
    """Return a copy of the filters of every convolution, in the order in which they flow; none for a dense network."""
    return tuple(
        Filters(name, stage.weight.detach().clone(), _biases(stage))
        for name, stage in network.stages()
        if isinstance(stage, nn.Conv2d)
    )


def _biases(stage: nn.Conv2d) -> Tensor:
    return torch.zeros(stage.out_channels) if stage.bias is None else stage.bias.detach().clone()


def measure_filter_change(start: Filters, now: Filters) -> FilterChange:
    """Return how far a layer's filters have moved. Raises ValueError when they are not of the same layer."""
    if start.weights.shape != now.weights.shape:
        raise ValueError("Filters can be compared one by one only where both networks are built alike.")
    before, after = start.weights.flatten(), now.weights.flatten()
    length = float((after - before).norm() / before.norm().clamp(min=1e-12))
    return FilterChange(length, min(1.0, float(torch.cosine_similarity(before, after, dim=0))))
