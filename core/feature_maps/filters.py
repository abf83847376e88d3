"""The filters of every convolution, and how much training has changed them."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.networks.classifier import Classifier


@dataclass(frozen=True, eq=False)
class Filters:
    """The weights of one convolution."""

    stage: str
    weights: Tensor
    """`(out, in, k, k)`, as in PyTorch; Keras writes the same shape as (k, k, in, out)."""
    biases: Tensor
    """`(out,)`; zeros where there are none."""

    @property
    def keras_shape(self) -> tuple[int, int, int, int]:
        """Return the shape as the lecture prints it: (3, 3, 1, 8) is eight filters of 3x3 over one map."""
        outputs, inputs, rows, columns = self.weights.shape
        return rows, columns, inputs, outputs


@dataclass(frozen=True)
class FilterChange:
    """How much the filters of a layer have changed."""

    relative_length: float
    """L2 norm of the change, as a share of the norm at the start."""
    cosine: float
    """Cosine similarity of start and now: 1 for the same direction."""


def list_filters(network: Classifier) -> tuple[Filters, ...]:
    """Return a copy of the filters of every convolution, in order; none for a dense network."""
    return tuple(
        Filters(name, stage.weight.detach().clone(), _biases(stage))
        for name, stage in network.stages()
        if isinstance(stage, nn.Conv2d)
    )


def _biases(stage: nn.Conv2d) -> Tensor:
    return stage.weight.new_zeros(stage.out_channels) if stage.bias is None else stage.bias.detach().clone()


def measure_filter_change(start: Filters, now: Filters) -> FilterChange:
    """Return how much a layer's filters have changed. Raises ValueError for filters of different shapes."""
    if start.weights.shape != now.weights.shape:
        raise ValueError("Filters can be compared one by one only where both networks are built alike.")
    before, after = start.weights.flatten(), now.weights.flatten()
    length = float((after - before).norm() / before.norm().clamp(min=1e-12))
    return FilterChange(length, min(1.0, float(torch.cosine_similarity(before, after, dim=0))))
