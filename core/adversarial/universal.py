"""Universal noise: one perturbation per class that makes a network read any digit as that class.

The weights are fixed. The noises of all classes are trained together.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from typing import NamedTuple

import torch
from torch import Tensor, nn

from core.adversarial.attack import check_network, loss_and_gradient, pool_before_relu
from core.adversarial.config import NORMS, Norm, check_epsilon, check_step_size, check_steps
from core.adversarial.gradient_attacks import l2_norms
from core.digits.datasets import Digits
from core.networks import evaluation
from core.networks.evaluation import BATCH
from core.system.device import on_cpu

DEFAULT_EPSILONS: dict[Norm, float] = {"linf": 0.3, "l2": 5.0}  # noise for all digits is larger than noise for one
VALIDATION_DIGITS = 100  # read after every step: enough to see the noise work, few enough to be fast


@dataclass(frozen=True, kw_only=True)
class UniversalConfig:
    """How the noises are trained. Raises ValueError for impossible settings."""

    norm: Norm | None = None
    """The limit of each noise: its largest pixel ("linf"), its total ("l2"), or none, as in the lecture."""
    epsilon: float = DEFAULT_EPSILONS["linf"]
    """The size of the limit, if there is a norm."""
    step_size: float = 0.2
    """The learning rate, a factor of the gradient of the mean cross-entropy."""
    steps: int = 50
    digits: int = 10_000
    """Number of training digits, drawn with the seed."""
    batch: int = 200
    """Digits per step; the lecture uses all of them in every step."""
    seed: int = 0

    def __post_init__(self) -> None:
        if self.norm is not None and self.norm not in NORMS:
            raise ValueError(f"Choose no norm, {' or '.join(NORMS)}, not {self.norm!r}.")
        check_epsilon(self.epsilon)
        check_steps(self.steps)
        check_step_size(self.step_size)
        if not 1 <= self.batch <= self.digits:
            raise ValueError(f"A step uses 1 to {self.digits:,} digits, not {self.batch:,}.")


DEFAULT = UniversalConfig()


@dataclass(frozen=True, eq=False)
class UniversalStep:
    """The noises after `step` of `steps`, and their effect; step 0 is without noise."""

    step: int
    steps: int
    noises: Tensor
    """`(classes, 1, 28, 28)`, in [-1, 1]: one for each target class; add it, then clip to [0, 1]."""
    costs: Tensor
    """`(classes,)`: mean cross-entropy towards each noise's class, on the training digits of this step."""
    validation_costs: Tensor
    shares: Tensor
    """`(classes,)`: percent of validation digits read as the noise's class."""
    accuracies: Tensor
    """`(classes,)`: percent of validation digits still read correctly."""
    readings: Tensor
    """int64 `(examples, classes)`: how each example is read with each noise."""


class NoiseResult(NamedTuple):
    """The effect of finished noises on digits."""

    shares: Tensor
    """`(classes,)`: percent read as the noise's class."""
    accuracies: Tensor
    """`(classes,)`: percent still read correctly."""
    predicted: Tensor
    """int64 `(classes, N)`."""


def universal_noise(
    network: nn.Module, digits: Digits, validation: Digits, examples: Digits, config: UniversalConfig = DEFAULT
) -> Iterator[UniversalStep]:
    """Yield the noises of all classes at every step, starting from zeros, with the network's weights fixed.

    Each step *decreases* the cross-entropy for the noise's class. (The lecture adds alpha times its gradient, which
    would lead away from the class.) `examples` are fixed digits to watch. Raises ValueError for bad input.
    """
    check_network(network)
    network, batches = pool_before_relu(network), _batches(digits, config)
    watched = _Watched(network, validation.first(VALIDATION_DIGITS), examples)
    images = next(batches)
    classes = loss_and_gradient(network, images[:1], digits.labels[:1], gradient=False).logits.shape[1]
    noises = images.new_zeros(classes, *images.shape[1:])
    yield watched.record(0, config.steps, noises, mean_costs(_logits(network, images, noises)))
    _, gradient = costs_and_gradient(network, images, noises)
    for step in range(1, config.steps + 1):
        noises = project_noises(noises - config.step_size * gradient, config)
        costs, gradient = costs_and_gradient(network, next(batches), noises, gradient=step < config.steps)
        yield watched.record(step, config.steps, noises, costs)


def costs_and_gradient(
    network: nn.Module, images: Tensor, noises: Tensor, *, gradient: bool = True
) -> tuple[Tensor, Tensor]:
    """Return for each noise the mean cross-entropy for its class `(classes,)`, and its gradient.

    Clipped pixels pass no gradient, but pixels at exactly 0 or 1 do. (torch's `clamp` stops it there as well, so that
    no noise could start on the empty background.)
    """
    costs, gradients = noises.new_zeros(len(noises)), torch.zeros_like(noises)
    for part in images.split(BATCH):
        noisy = part + noises[:, None]
        goals = torch.arange(len(noises), device=noises.device).repeat_interleave(len(part))
        reading = loss_and_gradient(network, noisy.clamp(0, 1).flatten(0, 1), goals, gradient=gradient)
        costs += reading.losses.view(len(noises), -1).sum(1)
        gradients += (reading.gradient.view_as(noisy) * ((noisy >= 0) & (noisy <= 1))).sum(1)
    return costs / len(images), gradients / len(images)


def project_noises(noises: Tensor, config: UniversalConfig) -> Tensor:
    """Return the closest noises within the limit and within [-1, 1]."""
    if config.norm == "linf":
        noises = noises.clamp(-config.epsilon, config.epsilon)
    elif config.norm == "l2":
        noises = noises * (config.epsilon / l2_norms(noises)).clamp(max=1)
    return noises.clamp(-1, 1)


def add_noise(images: Tensor, noises: Tensor) -> Tensor:
    """Return every image with every noise `(classes, N, 1, 28, 28)`, clipped to [0, 1]."""
    return (images + noises[:, None]).clamp(0, 1)


def nine_examples(digits: Digits) -> Digits:
    """Return the first digit of each of the first nine classes, as the lecture shows them."""
    first = torch.stack([(digits.labels == label).nonzero()[0, 0] for label in digits.labels.unique()[:9]])
    return Digits(digits.pixels[first], digits.labels[first])


def measure_noise(network: evaluation.Network, digits: Digits, noises: Tensor) -> NoiseResult:
    """Return the effect of the noises on how any network reads digits, not only the one they were made for."""
    images, noises = digits.images(), noises.to(digits.device)
    predicted = torch.stack([evaluation.predict(network, (images + noise).clamp(0, 1)).argmax(1) for noise in noises])
    return NoiseResult(*_percent(predicted, digits.labels), predicted)


class _Watched:
    """Digits that no noise is trained on, read after every step."""

    def __init__(self, network: nn.Module, validation: Digits, examples: Digits) -> None:
        self.network, self.labels = network, validation.labels
        self.images = torch.cat([validation.images(), examples.images()])

    def record(self, step: int, steps: int, noises: Tensor, costs: Tensor) -> UniversalStep:
        """Return the record of a step."""
        logits, count = _logits(self.network, self.images, noises), len(self.labels)
        predicted, watched = logits.argmax(2), mean_costs(logits[:, :count])
        shares, accuracies = _percent(predicted[:, :count], self.labels)
        readings = predicted[:, count:].T
        return on_cpu(UniversalStep(step, steps, noises, costs, watched, shares, accuracies, readings))


def _percent(predicted: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Return for each row the percent read as the row's class, and the percent read correctly."""
    goals = torch.arange(len(predicted), device=predicted.device)[:, None]
    return 100 * (predicted == goals).float().mean(1), 100 * (predicted == labels).float().mean(1)


def _logits(network: nn.Module, images: Tensor, noises: Tensor) -> Tensor:
    """Return `(classes, N, classes)`; where all noises are 0, as at the start, the network runs only once."""
    different = noises if noises.any() else noises[:1]
    pictures = add_noise(images, different).flatten(0, 1)
    goals = torch.zeros(len(pictures), dtype=torch.long, device=pictures.device)
    logits = loss_and_gradient(network, pictures, goals, gradient=False).logits
    return logits.view(len(different), len(images), -1).expand(len(noises), -1, -1)


def mean_costs(logits: Tensor) -> Tensor:
    """Return the mean cross-entropy of each noise's class `(classes,)` from logits `(classes, N, classes)`."""
    return -logits.log_softmax(2).mean(1).diagonal()


def _batches(digits: Digits, config: UniversalConfig) -> Iterator[Tensor]:
    """Yield each step's digits, without end, from those drawn with the seed."""
    if config.batch > len(digits):
        raise ValueError(f"A step uses {config.batch:,} digits, but there are only {len(digits):,}.")
    order = torch.randperm(len(digits), generator=torch.Generator().manual_seed(config.seed))[: config.digits]
    for index in cycle(order.split(config.batch)):
        yield digits.images(index)
