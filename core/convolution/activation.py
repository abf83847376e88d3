"""Activation functions, and the softmax that turns logits into probabilities."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

ACTIVATION_FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": functional.relu,
    "leaky_relu": functional.leaky_relu,
    "silu": functional.silu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu6": functional.relu6,
}
TITLES = {
    "relu": "ReLU",
    "leaky_relu": "leaky ReLU",
    "silu": "Swish",
    "sigmoid": "sigmoid σ",
    "tanh": "tanh",
    "relu6": "ReLU6",
}


@dataclass(frozen=True, eq=False)
class Softmax:
    """The softmax of logits `(classes,)`, step by step."""

    logits: Tensor
    exponentials: Tensor
    """exp(logit - largest): subtracting the largest changes no probability and avoids overflow."""
    total: float
    probabilities: Tensor


def softmax(logits: Tensor) -> Softmax:
    """Return every step of the softmax."""
    raised = (logits - logits.max()).exp()
    total = float(raised.sum())
    return Softmax(logits, raised, total, raised / total)
