"""One goal looked at closely: the digits that excite it most, the filter behind it, and its map on one digit."""

from __future__ import annotations

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
    """The digits that excite each goal most, the best first."""

    indices: Tensor
    """Which they are `(goals, count)`."""
    activations: Tensor
    """How much they excite it `(goals, count)`."""


@torch.no_grad()
def find_top_digits(network: Classifier, objective: Objective, digits: Digits, *, count: int = 9) -> TopDigits:
    """Return the digits that excite each goal of the objective most; a goal for each map, unit or class it is about."""
    chunks = torch.arange(len(digits)).split(BATCH)
    measured = [objective.measure(stage_outputs(network, digits.images(chunk), objective.stages)) for chunk in chunks]
    best = torch.cat(measured).T.topk(min(count, len(digits)), dim=1)
    return TopDigits(best.indices, best.values)


@torch.no_grad()
def feature_map(network: Classifier, stage: str, number: int, image: Tensor) -> Tensor:
    """Return one map `(rows, columns)` of a stage for one digit `(28, 28)` in [0, 1]."""
    return stage_outputs(network, image.reshape(1, 1, *image.shape[-2:]), [stage])[stage][0, number]


def find_filter(network: Classifier, stage: str, number: int) -> Tensor | None:
    """Return the filter `(in, k, k)` that makes a map of this stage; None where no convolution has made it.

    A stage that pools or activates has the filters of the convolution before it.
    """
    convolution = None
    for name, module in network.stages():
        convolution = module if isinstance(module, nn.Conv2d) else convolution
        if isinstance(module, nn.Linear):
            return None
        if name == stage:
            return None if convolution is None else convolution.weight[number % convolution.out_channels].detach()
    return None
