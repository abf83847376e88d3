"""Reading what is *not* there: invert the last conv features, freeze them, reset and retrain the head (000).

Also what honest comparison needs: the algebra that turns an inverted head into an equal ordinary one.
"""

from __future__ import annotations

import copy
import hashlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.networks.classifier import Classifier


@dataclass(frozen=True)
class Inversion:
    """A function on the feature vector `(N, F)`; `affine` (a, c) when it is a*x + c.

    An affine inversion before a linear layer is a re-parameterisation: the same functions can be learned, from
    another start and with another effective step size.
    """

    formula: str
    function: Callable[[Tensor], Tensor]
    affine: tuple[float, float] | None = None

    @property
    def same_function_class(self) -> bool:
        """Whether an ordinary head could compute the very same thing."""
        return self.affine is not None


INVERSIONS = {
    "identity": Inversion("x", lambda x: x, affine=(1.0, 0.0)),
    "negative": Inversion("-x", torch.neg, affine=(-1.0, 0.0)),  # M3
    "complement": Inversion("1 - x", lambda x: 1 - x, affine=(-1.0, 1.0)),  # M4
    "six complement": Inversion("6 - x", lambda x: 6 - x, affine=(-1.0, 6.0)),  # M5, natural after ReLU6
    # 6 - x and max(x) - x give a head features that are all large, which it may not learn from: these two stay below 1.
    "sixth complement": Inversion("1 - x/6", lambda x: 1 - x / 6, affine=(-1 / 6, 1.0)),  # M5, the other way
    "maximum complement": Inversion("max(x) - x", lambda x: x.amax(1, keepdim=True) - x),  # of this digit's features
    "share complement": Inversion("1 - x/max(x)", lambda x: 1 - x / x.amax(1, keepdim=True).clamp(min=1e-6)),
    "clamped complement": Inversion("max(1 - x, 0)", lambda x: (1 - x).clamp(min=0)),
    "both": Inversion("(x, 1 - x)", lambda x: torch.cat([x, 1 - x], 1)),  # M16: what synergy's two heads read
}


class Invert(nn.Module):
    """The inversion of that name as a stage without weights."""

    def __init__(self, name: str) -> None:
        super().__init__()
        if name not in INVERSIONS:
            raise ValueError(f"There is no inversion called {name!r}; there are {', '.join(INVERSIONS)}.")
        self.name = name

    def forward(self, features: Tensor) -> Tensor:
        return INVERSIONS[self.name].function(features)


class Synergy(nn.Module):
    """Two heads summed: `first(x) + omega * second(1 - x)` (M16)."""

    def __init__(self, first: nn.Module, second: nn.Module, omega: float = 1.0) -> None:
        super().__init__()
        self.first, self.second, self.omega = first, second, omega

    def forward(self, both: Tensor) -> Tensor:
        present, missing = both.chunk(2, dim=1)
        return self.first(present) + self.omega * self.second(missing)


def with_inversion(network: Classifier, inversion: str) -> Classifier:
    """Return a network with the *same* features, a copy of the head, and another inversion."""
    return Classifier(network.features, copy.deepcopy(network.head), Invert(inversion))


def build_synergy(normal: Classifier, missing: Classifier, *, omega: float = 1.0) -> Classifier:
    """Return the two networks' heads summed over the features that they share (M16).

    Raises ValueError when their features differ, the second does not read 1 - x, or omega is not finite.
    """
    if not isinstance(missing.inversion, Invert) or missing.inversion.name != "complement":
        raise ValueError("The second head of synergy reads 1 - x, but this network's head does not.")
    if features_hash(normal) != features_hash(missing):
        raise ValueError("Synergy sums two heads over the same features, but these networks' features differ.")
    if not -1e6 < omega < 1e6:
        raise ValueError(f"Omega must be a number, not {omega}.")
    head = Synergy(copy.deepcopy(normal.head), copy.deepcopy(missing.head), omega)
    return Classifier(normal.features, to_single_stage(head), Invert("both"))


def to_single_stage(two_heads: Synergy) -> nn.Sequential:
    """Return the two heads as the single stage of a classifier's head."""
    return nn.Sequential(OrderedDict(synergy=two_heads))


def freeze(network: Classifier, *, biases: bool = True) -> None:
    """Stop the features from learning: the talk's "freeze all the conv layers" (M9).

    `biases=False` freezes weights only, as the published code does: its features still drift.
    """
    for name, parameter in network.features.named_parameters():
        if biases or name.endswith("weight"):
            parameter.requires_grad_(False)


def is_frozen(network: Classifier) -> bool:
    """Whether nothing in the features learns, so that they can be computed once."""
    return not any(parameter.requires_grad for parameter in network.features.parameters())


def features_hash(network: Classifier) -> str:
    """Return the SHA-256 of every feature weight and bias: equal before and after proves the freezing."""
    digest = hashlib.sha256()
    for name, tensor in network.features.state_dict().items():
        digest.update(name.encode() + tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def reset_head(network: Classifier, *, seed: int) -> None:
    """Draw the head's weights anew (M10: "helps convergence")."""
    reset_weights(network.head, seed=seed)


def reset_weights(stage: nn.Module, *, seed: int) -> None:
    """Draw the weights of a stage anew; the same seed gives the same and leaves the global generator alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for module in stage.modules():
            if isinstance(module, nn.Linear | nn.Conv2d | nn.BatchNorm2d):
                module.reset_parameters()


@torch.no_grad()
def to_ordinary(network: Classifier) -> Classifier:
    """Return the equal network without inversion: W(a*x + c) + b = (a*W)x + (b + c*W1).

    Raises ValueError when the inversion is not affine: such a network is really another function.
    """
    inversion = INVERSIONS[network.inversion.name] if isinstance(network.inversion, Invert) else INVERSIONS["identity"]
    if inversion.affine is None:
        raise ValueError(f"{inversion.formula} is no re-parameterisation: no ordinary head computes the same.")
    scale, shift = inversion.affine
    ordinary = with_inversion(network, "identity")
    first = next(module for module in ordinary.head if isinstance(module, nn.Linear))
    first.bias.add_(shift * first.weight.sum(1))
    first.weight.mul_(scale)
    return ordinary
