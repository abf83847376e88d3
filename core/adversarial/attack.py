"""What every attack shares: the checks before it, the reading of the pictures at each step, and the record of it."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from core.adversarial.config import AttackConfig
from core.networks import evaluation
from core.networks.classifier import Classifier
from core.networks.evaluation import BATCH

FAINTEST_INK = 0.1  # of full ink: a picture that is nowhere above it is blank, one nowhere below 1 - FAINT is all ink


@dataclass(frozen=True, eq=False)
class AttackStep:
    """The pictures after `step` of `steps`; step 0 is before anything was changed."""

    step: int
    steps: int
    images: Tensor
    """float32 `(N, 1, 28, 28)` in [0, 1]: adversarial so far."""
    originals: Tensor
    probabilities: Tensor
    """`(N, classes)`, of the attacked network."""
    losses: Tensor
    """`(N,)`: the cross-entropy of the label, which shall climb, or of the target, which shall fall."""
    fooled: Tensor
    """bool `(N,)`: whether the attack has got what it wants."""
    fooled_at_start: Tensor
    """bool `(N,)`: whether that was so before anything was changed."""

    @property
    def perturbation(self) -> Tensor:
        """What was added to the originals, in [-1, 1]."""
        return self.images - self.originals

    @property
    def predicted(self) -> Tensor:
        """The classes `(N,)` that the network reads."""
        return self.probabilities.argmax(1)

    @property
    def succeeded(self) -> bool:
        """Whether every digit fools the network."""
        return bool(self.fooled.all())


class LossAndGradient(NamedTuple):
    """What a network makes of pictures, and how the loss changes with their pixels."""

    logits: Tensor
    losses: Tensor
    gradient: Tensor
    """As the pictures; zeros when it was not asked for."""


class Attack:
    """An attack under way: what is attacked, checked before anything is tried. Raises ValueError, one sentence."""

    def __init__(self, network: nn.Module, images: Tensor, labels: Tensor, config: AttackConfig) -> None:
        check_network(network)
        check_images(images, labels)
        self.network, self.config = pool_before_relu(network), config
        self.originals, self.labels = images.detach().clone(), labels.clone()
        self.at_start = self.evaluate(self.originals)
        self.fooled_at_start = self.is_adversarial(self.at_start)
        if config.target is not None and bool(self.fooled_at_start.all()):
            raise ValueError(f"The network reads a {config.target} already: choose another target.")

    def evaluate(self, images: Tensor, *, gradient: bool = True) -> LossAndGradient:
        """Return what the network makes of pictures on their way."""
        return loss_and_gradient(self.network, images, self.config.loss_classes(self.labels), gradient=gradient)

    def is_adversarial(self, reading: LossAndGradient) -> Tensor:
        """Return bool `(N,)`: which digits are read as the attack wants."""
        return self.config.is_adversarial(reading.logits.argmax(1), self.labels)

    def record(self, step: int, steps: int, images: Tensor, reading: LossAndGradient) -> AttackStep:
        """Return the record of a step."""
        probabilities, reached = reading.logits.softmax(1), self.is_adversarial(reading)
        return AttackStep(
            step, steps, images, self.originals, probabilities, reading.losses, reached, self.fooled_at_start
        )


def loss_and_gradient(network: nn.Module, images: Tensor, goals: Tensor, *, gradient: bool = True) -> LossAndGradient:
    """Return logits, losses against the classes `goals` `(N,)`, and the gradient, some digits at a time.

    Works wherever it is called, also where gradients are switched off, and leaves none on the network's weights.
    Raises ValueError for a class that the network does not know.
    """
    parts = zip(images.split(BATCH), goals.split(BATCH), strict=True)
    logits, losses, gradients = zip(*(_read(network, *part, gradient) for part in parts), strict=True)
    return LossAndGradient(torch.cat(logits), torch.cat(losses), torch.cat(gradients))


def _read(network: nn.Module, images: Tensor, goals: Tensor, gradient: bool) -> tuple[Tensor, Tensor, Tensor]:
    with torch.set_grad_enabled(gradient):
        pixels = images.detach().requires_grad_(gradient)
        logits = network(pixels)
        check_classes(goals, logits.shape[1])
        losses = cross_entropy(logits, goals, reduction="none")
        slope = torch.autograd.grad(losses.sum(), pixels)[0] if gradient else torch.zeros_like(images)
    return logits.detach(), losses.detach(), slope


def pool_before_relu(network: nn.Module) -> nn.Module:
    """Return the same network, with every ReLU that stands before a max pooling behind it: a quarter of the work.

    Both keep order, so outputs and gradients are the same bit by bit; the weights are shared.
    """
    if not isinstance(network, Classifier):
        return network
    stages = list(network.features.named_children())
    for place, ((_, first), (_, second)) in enumerate(zip(stages, stages[1:], strict=False)):
        if isinstance(first, nn.ReLU) and isinstance(second, nn.MaxPool2d):
            stages[place], stages[place + 1] = stages[place + 1], stages[place]
    return Classifier(nn.Sequential(OrderedDict(stages)), network.head, network.inversion)


def find_fooled(network: evaluation.Network, images: Tensor, labels: Tensor, target: int | None = None) -> Tensor:
    """Return bool `(N,)`: which pictures any network misreads, or reads as the target; also one that restores."""
    return AttackConfig(target=target).is_adversarial(evaluation.predict(network, images).argmax(1), labels)


def check_network(network: object) -> None:
    """Raise ValueError unless gradients reach the pixels, and nothing in the network is left to chance."""
    if not isinstance(network, nn.Module):
        raise ValueError(
            "A restoring network compares with whole digits, and no gradient leads back through that: attack another "
            "network and carry the digits over."
        )
    two_faced = (nn.Dropout, nn.Dropout2d, nn.BatchNorm2d)
    if any(module.training for module in network.modules() if isinstance(module, two_faced)):
        raise ValueError("This network is still learning: attack it in evaluation mode.")


def check_images(images: Tensor, labels: Tensor) -> None:
    """Raise ValueError for pictures that are no digits to attack, or that have not one label each."""
    if images.ndim != 4 or images.shape[1:] != (1, 28, 28) or not len(images):
        raise ValueError(f"Pictures to attack come as (N, 1, 28, 28), not {tuple(images.shape)}.")
    if labels.shape != (len(images),):
        raise ValueError(f"{len(images)} pictures need as many labels, not {tuple(labels.shape)}.")
    if not bool(torch.isfinite(images).all()):
        raise ValueError("The picture has pixels that are no numbers.")
    least, most = images.amin((1, 2, 3)), images.amax((1, 2, 3))
    if least.min() < 0 or most.max() > 1:
        raise ValueError("The picture has pixels outside of 0 to 1.")
    if bool((most <= FAINTEST_INK).any()):
        raise ValueError("The picture is blank: there is no digit to attack.")
    if bool((least >= 1 - FAINTEST_INK).any()):
        raise ValueError("The picture is nothing but ink: there is no digit to attack.")


def check_classes(goals: Tensor, classes: int) -> None:
    """Raise ValueError unless the network knows all these classes."""
    unknown = goals[(goals < 0) | (goals >= classes)]
    if len(unknown):
        raise ValueError(f"The network knows the classes 0 to {classes - 1}, not {int(unknown[0])}.")
