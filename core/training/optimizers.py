"""Optimizers of a training, and what may change in them from batch to batch."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from core.system import plain_optimizers
from core.training.config import TrainConfig, check_learning_rate


def make_optimizer(learning: Sequence[Tensor], config: TrainConfig, *, stacked: bool = False) -> torch.optim.Optimizer:
    """Return the optimizer of these parameters, whose first dimension is the network's number if they are stacked.

    L2 is on weights only. Raises ValueError if there are no parameters.
    """
    if not learning:
        raise ValueError("All stages of this network are frozen: there is nothing to train.")
    dimensions, on_cuda = 1 + stacked, learning[0].device.type == "cuda"  # of a bias
    groups = [
        {"params": [p for p in learning if p.ndim > dimensions], "weight_decay": config.l2},
        {"params": [p for p in learning if p.ndim == dimensions], "weight_decay": 0.0},
    ]
    # A captured step reads the learning rate from the device, where it can be changed without another capture.
    rate = torch.tensor(config.learning_rate, device=learning[0].device) if on_cuda else config.learning_rate
    if config.optimizer == "adam":
        return plain_optimizers.Adam(groups, lr=rate, fused=True, capturable=on_cuda)
    return plain_optimizers.SGD(groups, lr=rate, momentum=config.momentum, nesterov=config.nesterov, fused=True)


def adjust_optimizer(optimizer: torch.optim.Optimizer, config: TrainConfig) -> None:
    """Set the optimizer's momentum and L2; what has no momentum yet starts with 0, as at a training's first step."""
    weights, _ = optimizer.param_groups
    weights["weight_decay"] = config.l2
    if config.optimizer == "sgd":
        for group in optimizer.param_groups:
            group["momentum"] = config.momentum
            _complete_momentum(optimizer, group["params"])


def _complete_momentum(optimizer: torch.optim.Optimizer, parameters: Sequence[Tensor]) -> None:
    """Give all parameters momentum if some have it: SGD's fused step needs that of all or of none."""
    known = [optimizer.state.get(parameter, {}).get("momentum_buffer") is not None for parameter in parameters]
    if any(known) and not all(known):
        for parameter, has_momentum in zip(parameters, known, strict=True):
            if not has_momentum:
                optimizer.state[parameter]["momentum_buffer"] = torch.zeros_like(parameter)


@torch.no_grad()
def penalize(optimizer: torch.optim.Optimizer, config: TrainConfig) -> None:
    """Add the gradient of sum(|w|^power) / power to that of every weight, as weight decay does for L2."""
    if config.penalty:
        for weight in optimizer.param_groups[0]["params"]:
            gradient = weight.sign() if config.power == 1 else weight.sign() * weight.abs() ** (config.power - 1)
            weight.grad.add_(gradient, alpha=config.penalty)


def with_learning_rates(
    optimizer: torch.optim.Optimizer, batches: Sequence[Tensor], rates: Sequence[float]
) -> Iterator[Tensor]:
    """Yield each batch once its learning rate is set, also for a captured step. Raises ValueError for a bad rate."""
    current = None
    for batch, rate in zip(batches, rates, strict=True):
        if rate != current:  # on a GPU each setting costs a launch
            _set_learning_rate(optimizer, rate)
        current = rate
        yield batch


def _set_learning_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    check_learning_rate(rate)
    for group in optimizer.param_groups:
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(rate)
        else:
            group["lr"] = rate
