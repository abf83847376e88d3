"""The missing-feature network: invert the last convolutional features, freeze them, reset and retrain the head.

Also the algebra that turns an inverted head into an equal ordinary one.
"""

import copy
import hashlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.networks.classifier import Classifier
from core.system.number_format import with_minus


@dataclass(frozen=True)
class Inversion:
    """A function on the feature vector `(N, F)`; `affine` (a, c) when it is a*x + c.

    An affine inversion before a linear layer is only a re-parameterisation: the head can learn the same functions, with
    another start and another effective learning rate.
    """

    formula: str
    function: Callable[[Tensor], Tensor]
    bound: Callable[[float], float]
    """From a bound on the absolute values of all features to one on the absolute values of the result."""
    affine: tuple[float, float] | None = None

    @property
    def same_function_class(self) -> bool:
        """Whether an ordinary head can compute the same function."""
        return self.affine is not None


def _affine(formula: str, function: Callable[[Tensor], Tensor], scale: float, shift: float) -> Inversion:
    return Inversion(formula, function, lambda bound: abs(scale) * bound + abs(shift), (scale, shift))


MIN_MAXIMUM = 1e-6  # what "share complement" divides by at least, also where all features are negative

INVERSIONS = {
    "identity": _affine("x", lambda x: x, 1.0, 0.0),
    "negative": _affine("-x", torch.neg, -1.0, 0.0),
    "complement": _affine("1 - x", lambda x: 1 - x, -1.0, 1.0),
    "six complement": _affine("6 - x", lambda x: 6 - x, -1.0, 6.0),  # after ReLU6, which ends at 6
    # A head may not learn from 6 - x and max(x) - x, whose values are all large; divided, they stay below 1.
    "sixth complement": _affine("1 - x/6", lambda x: 1 - x / 6, -1 / 6, 1.0),
    "maximum complement": Inversion(  # the maximum of this digit's features
        "max(x) - x", lambda x: x.amax(1, keepdim=True) - x, lambda bound: 2 * bound
    ),
    "share complement": Inversion(
        "1 - x/max(x)",
        lambda x: 1 - x / x.amax(1, keepdim=True).clamp(min=MIN_MAXIMUM),
        lambda bound: 1 + bound / MIN_MAXIMUM,
    ),
    "clamped complement": Inversion("max(1 - x, 0)", lambda x: (1 - x).clamp(min=0), lambda bound: 1 + bound),
    "both": Inversion(  # for the two heads of synergy
        "(x, 1 - x)", lambda x: torch.cat([x, 1 - x], 1), lambda bound: 1 + bound
    ),
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


class TwoHeads(nn.Module):
    """Two ordinary heads summed, `first(x) + omega * second(x)`: the control of synergy."""

    def __init__(self, first: nn.Module, second: nn.Module, omega: float = 1.0) -> None:
        super().__init__()
        self.first, self.second, self.omega = first, second, omega

    def forward(self, features: Tensor) -> Tensor:
        return self.first(features) + self.omega * self.second(features)


class Synergy(TwoHeads):
    """Two heads summed: `first(x) + omega * second(1 - x)`."""

    def forward(self, both: Tensor) -> Tensor:
        present, missing = both.chunk(2, dim=1)
        return self.first(present) + self.omega * self.second(missing)


def with_inversion(network: Classifier, inversion: str) -> Classifier:
    """Return a network with the *same* features, a copy of the head, and another inversion."""
    return Classifier(network.features, copy.deepcopy(network.head), Invert(inversion))


def build_synergy(normal: Classifier, missing: Classifier, *, omega: float = 1.0) -> Classifier:
    """Return a network whose logits are the sum of two heads over the same features ("synergy" in the talk).

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


def with_two_heads(network: Classifier, inversion: str, *, seed: int) -> Classifier:
    """Return a network with the *same* features, a copy of its head, and a new head beside it; the two learn together.

    With the inversion `both` the new head reads 1 - x, with `identity` x as the first one does.
    """
    first, second = copy.deepcopy(network.head), copy.deepcopy(network.head)
    reset_weights(second, seed=seed)
    return Classifier(network.features, to_single_stage(sum_heads(first, second, inversion)), Invert(inversion))


def sum_heads(first: nn.Module, second: nn.Module, inversion: str, omega: float = 1.0) -> TwoHeads:
    """Return the sum of two heads: synergy for the inversion `both`, else two ordinary heads."""
    return Synergy(first, second, omega) if inversion == "both" else TwoHeads(first, second, omega)


def to_single_stage(two_heads: TwoHeads) -> nn.Sequential:
    """Return the two heads as the single stage of a classifier's head."""
    return nn.Sequential(OrderedDict(synergy=two_heads))


def freeze(network: Classifier, *, biases: bool = True) -> None:
    """Freeze the features: the talk's "freeze all the conv layers".

    `biases=False` freezes weights only, as the published code does; then the features still change.
    """
    freeze_stage(network.features, biases=biases)


def find_stage(network: Classifier, name: str) -> nn.Module:
    """Return a stage, or all stages of `features` or `head`. Raises ValueError for an unknown name."""
    known = dict(network.named_children()) | dict(network.features.named_children())
    known |= dict(network.head.named_children())
    if name not in known:
        raise ValueError(f"This network has no stage called {name!r}; it has {', '.join(known)}.")
    return known[name]


def freeze_stage(stage: nn.Module, *, biases: bool = True) -> None:
    """Freeze the weights of a stage, and its biases unless they are to learn."""
    for name, parameter in stage.named_parameters():
        if biases or name.endswith("weight"):
            parameter.requires_grad_(False)


def is_frozen(network: Classifier) -> bool:
    """Return whether all features are frozen, so that they can be computed once."""
    return not any(parameter.requires_grad for parameter in network.features.parameters())


def features_hash(network: Classifier) -> str:
    """Return the SHA-256 of all feature weights and biases: if it stays equal, the features were frozen."""
    digest = hashlib.sha256()
    for name, tensor in network.features.state_dict().items():
        digest.update(name.encode() + tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def reset_head(network: Classifier, *, seed: int) -> None:
    """Re-initialise the head, which "helps convergence" (the talk)."""
    reset_weights(network.head, seed=seed)


def reset_weights(stage: nn.Module, *, seed: int) -> None:
    """Re-initialise the weights of a stage from a seed, without touching the global generator."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for module in stage.modules():
            if isinstance(module, nn.Linear | nn.Conv2d | nn.BatchNorm2d):
                module.reset_parameters()


@torch.no_grad()
def to_ordinary(network: Classifier) -> Classifier:
    """Return the equal network without inversion: W(a*x + c) + b = (a*W)x + (b + c*W1).

    Raises ValueError when the inversion is not affine: no ordinary head computes the same function.
    """
    inversion = INVERSIONS[network.inversion.name] if isinstance(network.inversion, Invert) else INVERSIONS["identity"]
    if inversion.affine is None:
        raise ValueError(
            f"{with_minus(inversion.formula)} is no re-parameterisation: no ordinary head computes the same."
        )
    scale, shift = inversion.affine
    ordinary = with_inversion(network, "identity")
    first = next(module for module in ordinary.head if isinstance(module, nn.Linear))
    first.bias.add_(shift * first.weight.sum(1))
    first.weight.mul_(scale)
    return ordinary
