"""Two heads summed for any weight omega of the second: logits are computed once, sums are cheap."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from core.digits.datasets import Digits
from core.networks.classifier import Classifier
from core.networks.evaluation import BATCH, accuracy
from core.pmnist.masks import cut_masks, erase


@torch.no_grad()
def compute_logits(network: Classifier, images: Tensor) -> Tensor:
    """Return the logits `(N, classes)` of images `(N, 1, 28, 28)`, in batches."""
    return torch.cat([network(part) for part in images.split(BATCH)])


def column_logits(network: Classifier, digits: Digits, column: str) -> Tensor:
    """Return the logits `(N, classes)` of digits for one column of the PMNIST table: "whole" or a cut."""
    return compute_logits(network, erase(digits.images(), cut_masks(column, len(digits))))


def add_heads(first: Tensor, second: Tensor, omega: float) -> Tensor:
    """Return first + omega * second, as `functions.build_synergy` does. Raises ValueError unless omega is finite."""
    if not math.isfinite(omega):
        raise ValueError(f"Omega must be a number, not {omega}.")
    return first + omega * second


def accuracy_by_omega(first: Tensor, second: Tensor, labels: Tensor, omegas: Sequence[float]) -> list[float]:
    """Return the accuracy of the summed heads in percent for each omega."""
    return [accuracy(labels, add_heads(first, second, omega).argmax(1)) for omega in omegas]
