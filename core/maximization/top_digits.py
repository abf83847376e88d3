"""Details of one goal: the digits with the highest values, its filter, and its map for one digit."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.digits.datasets import Digits
from core.maximization.objectives import Objective
from core.maximization.stage_outputs import stage_outputs
from core.networks.classifier import Classifier
from core.networks.evaluation import BATCH


@dataclass(frozen=True, eq=False)
class TopDigits:
    """The digits with the highest values of each goal, highest first."""

    indices: Tensor
    """`(goals, count)`"""
    activations: Tensor
    """`(goals, count)`"""


@torch.no_grad()
def find_top_digits(network: Classifier, objective: Objective, digits: Digits, *, count: int = 9) -> TopDigits:
    """Return the digits with the highest values of each of the objective's goals."""
    parts = (digits.images(slice(at, at + BATCH)) for at in range(0, len(digits), BATCH))
    measured = [objective.measure(stage_outputs(network, part, objective.stages)) for part in parts]
    best = torch.cat(measured).T.topk(min(count, len(digits)), dim=1)
    return TopDigits(best.indices, best.values)


@torch.no_grad()
def feature_map(network: Classifier, stage: str, number: int, image: Tensor) -> Tensor:
    """Return one map `(rows, columns)` of a stage for one digit `(28, 28)` in [0, 1]."""
    return stage_outputs(network, image.reshape(1, 1, *image.shape[-2:]), [stage])[stage][0, number]


def find_filter(network: Classifier, stage: str, number: int) -> Tensor | None:
    """Return the filter `(in, k, k)` behind a map of this stage, from the last convolution before it; None without."""
    convolution = None
    for name, module in network.stages():
        convolution = module if isinstance(module, nn.Conv2d) else convolution
        if isinstance(module, nn.Linear):
            return None
        if name == stage:
            return None if convolution is None else convolution.weight[number % convolution.out_channels].detach()
    return None
