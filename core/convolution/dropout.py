"""Many predictions for one digit with dropout on: how much they vary when values are left out at random."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.networks.classifier import Classifier

FEATURES, HIDDEN = "the features", "the hidden units"


@dataclass(frozen=True, eq=False)
class DropoutSample:
    """One prediction with dropout."""

    kept: Tensor
    """Bool, `(values,)`"""
    probabilities: Tensor
    """`(classes,)`"""


def dropout_places(network: Classifier) -> list[str]:
    """Return where dropout can be applied in this network."""
    return [FEATURES, HIDDEN] if _after_hidden(network) is not None else [FEATURES]


def sample_dropout(
    network: Classifier, image: Tensor, *, place: str = FEATURES, rate: float = 0.5, seed: int = 0
) -> Iterator[DropoutSample]:
    """Yield predictions for an image `(1, 28, 28)` without end, each with other values left out.

    The remaining values are divided by 1 - rate, as in training, so that sums keep their size. Raises ValueError for
    a rate outside 0 to 1, or a place that the network does not have.
    """
    if not 0 <= rate < 1:
        raise ValueError("The dropout rate must be at least 0 and below 1.")
    if place not in dropout_places(network):
        raise ValueError(f"This network has no place called {place!r}.")
    generator = torch.Generator().manual_seed(seed)
    values, rest = _split(network, image, place)
    while True:
        kept = torch.rand(values.shape[1], generator=generator) >= rate
        yield DropoutSample(kept, _finish(rest, values * kept.to(values.device) / (1 - rate)).cpu())


@torch.no_grad()
def _finish(rest: nn.Module, values: Tensor) -> Tensor:
    return rest(values).softmax(1)[0]


@torch.no_grad()
def _split(network: Classifier, image: Tensor, place: str) -> tuple[Tensor, nn.Module]:
    """Return the values at the place `(1, values)`, and the modules after it."""
    read = network.inversion(network.features(image[None]))
    if place == FEATURES:
        return read, network.head
    at = _after_hidden(network)
    assert at is not None
    return network.head[:at](read), network.head[at:]


def _after_hidden(network: Classifier) -> int | None:
    """Return the index of the stage after the last hidden units; None for a head without any."""
    linear = [number for number, stage in enumerate(network.head) if isinstance(stage, nn.Linear)]
    return linear[-1] if len(linear) > 1 else None
