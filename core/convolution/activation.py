"""What follows a sum: activations, and the softmax that makes probabilities of logits (C7)."""

from __future__ import annotations

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
    """From logits `(classes,)` to probabilities, step by step."""

    logits: Tensor
    exponentials: Tensor
    """exp(logit - largest): taking the largest away changes no share, and no number grows too large."""
    total: float
    probabilities: Tensor


def softmax(logits: Tensor) -> Softmax:
    """Return every step of the softmax."""
    raised = (logits - logits.max()).exp()
    total = float(raised.sum())
    return Softmax(logits, raised, total, raised / total)
