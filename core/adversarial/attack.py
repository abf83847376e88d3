"""What all attacks share: the checks of their input, loss and gradient at each step, and the record of a step."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from core.adversarial.config import AttackConfig
from core.networks.classifier import Classifier
from core.networks.evaluation import BATCH
from core.system.device import on_cpu

VISIBLE = 1 / 510  # half a grey level of 8 bits: a smaller change of a pixel is lost when the image is saved
FAINTEST_INK = 0.1  # an image that is nowhere darker counts as blank, one nowhere lighter than 0.9 as all ink


@dataclass(frozen=True, eq=False)
class AttackStep:
    """The images after `step` of `steps`; step 0 is before any change."""

    step: int
    steps: int
    images: Tensor
    """float32 `(N, 1, 28, 28)` in [0, 1]: the adversarial images so far."""
    originals: Tensor
    probabilities: Tensor
    """`(N, classes)`, of the attacked network."""
    losses: Tensor
    """`(N,)`: the cross-entropy of the label, to be increased, or of the target, to be decreased."""
    fooled: Tensor
    """bool `(N,)`: whether the attack has succeeded."""
    fooled_at_start: Tensor
    """bool `(N,)`: whether that was so before any change."""

    @property
    def perturbation(self) -> Tensor:
        """Return the difference from the originals, in [-1, 1]."""
        return self.images - self.originals

    @property
    def changed_pixels(self) -> Tensor:
        """Return how many pixels of each digit changed visibly `(N,)`: the L0 norm of the perturbation."""
        return (self.perturbation.abs() > VISIBLE).sum((1, 2, 3))

    @property
    def predicted(self) -> Tensor:
        """Return the classes `(N,)` that the network predicts."""
        return self.probabilities.argmax(1)

    @property
    def succeeded(self) -> bool:
        """Return whether every digit fools the network."""
        return bool(self.fooled.all())


class LossAndGradient(NamedTuple):
    """A network's logits and losses for images, and the gradient at the pixels."""

    logits: Tensor
    losses: Tensor
    """`(N,)`: the cross-entropy."""
    log_odds_gradient: Tensor
    """The gradient of `log_odds_against`, the shape of the images; zeros if it was not requested. Its direction is that
    of the losses' gradient, which single precision rounds away where a network is sure."""

    @property
    def gradient(self) -> Tensor:
        """Return the gradient of the losses: that of `log_odds_against` times 1 - p."""
        return self.log_odds_gradient * -self.losses.neg().expm1()[:, None, None, None]


class Attack:
    """The network, the images and the settings of an attack, checked. Raises ValueError for bad input."""

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
        """Return logits, losses and the gradient for the images of a step."""
        return loss_and_gradient(self.network, images, self.config.loss_classes(self.labels), gradient=gradient)

    def is_adversarial(self, reading: LossAndGradient) -> Tensor:
        """Return bool `(N,)`: which digits the attack has succeeded with."""
        return self.config.is_adversarial(reading.logits.argmax(1), self.labels)

    def record(self, step: int, steps: int, images: Tensor, reading: LossAndGradient) -> AttackStep:
        """Return the record of a step."""
        probabilities, reached = reading.logits.softmax(1), self.is_adversarial(reading)
        return on_cpu(
            AttackStep(
                step, steps, images, self.originals, probabilities, reading.losses, reached, self.fooled_at_start
            )
        )


def loss_and_gradient(network: nn.Module, images: Tensor, goals: Tensor, *, gradient: bool = True) -> LossAndGradient:
    """Return logits, losses for the classes `goals` `(N,)`, and the gradient at the pixels, computed in batches.

    Also works where gradients are switched off, and leaves no gradients on the network's weights. Raises ValueError for
    a class that the network does not have.
    """
    logits, slope = logits_and_gradient(network, images, goals, log_odds_against, gradient=gradient)
    return LossAndGradient(logits, softplus(log_odds_against(logits, goals)), slope)


Score = Callable[[Tensor, Tensor], Tensor]
"""A function of logits `(N, classes)` and goals `(N,)` that returns a number for each image `(N,)`."""


def logits_and_gradient(
    network: nn.Module, images: Tensor, goals: Tensor, score: Score, *, gradient: bool = True
) -> tuple[Tensor, Tensor]:
    """Return the logits `(N, classes)` and the gradient of `score(logits, goals)` at the pixels; without it, zeros.

    Otherwise as `loss_and_gradient`.
    """
    parts = zip(images.split(BATCH), goals.split(BATCH), strict=True)
    logits, gradients = zip(*(_read(network, *part, score, gradient) for part in parts), strict=True)
    return torch.cat(logits), torch.cat(gradients)


def _read(network: nn.Module, images: Tensor, goals: Tensor, score: Score, gradient: bool) -> tuple[Tensor, Tensor]:
    with torch.set_grad_enabled(gradient):
        pixels = images.detach().requires_grad_(gradient)
        logits = network(pixels)
        check_classes(goals, logits.shape[1])
        if not gradient:
            return logits, torch.zeros_like(images)
        return logits.detach(), torch.autograd.grad(score(logits, goals).sum(), pixels)[0]


def log_odds_against(logits: Tensor, goals: Tensor) -> Tensor:
    """Return log((1 - p) / p) `(N,)` for the probability p of each goal; its softplus is the cross-entropy.

    It is computed without p, so it is exact where p is rounded to 1.
    """
    chosen = goals[:, None]
    return logits.scatter(1, chosen, -torch.inf).logsumexp(1) - logits.gather(1, chosen)[:, 0]


def pool_before_relu(network: nn.Module) -> nn.Module:
    """Return the network with each ReLU moved behind the max pooling that follows it: a quarter of the work.

    Both functions are monotonic, so outputs and gradients are bitwise the same. The weights are shared.
    """
    if not isinstance(network, Classifier):
        return network
    stages = list(network.features.named_children())
    for place, ((_, first), (_, second)) in enumerate(zip(stages, stages[1:], strict=False)):
        if isinstance(first, nn.ReLU) and isinstance(second, nn.MaxPool2d):
            stages[place], stages[place + 1] = stages[place + 1], stages[place]
    return Classifier(nn.Sequential(OrderedDict(stages)), network.head, network.inversion)


def check_network(network: object) -> None:
    """Raise ValueError unless the network is differentiable and deterministic."""
    if not isinstance(network, nn.Module):
        raise ValueError(
            "A restoring network compares with whole digits, and no gradient leads back through that: attack another "
            "network and carry the digits over."
        )
    two_faced = (nn.Dropout, nn.Dropout2d, nn.BatchNorm2d)
    if any(module.training for module in network.modules() if isinstance(module, two_faced)):
        raise ValueError("This network is still learning: attack it in evaluation mode.")


def check_images(images: Tensor, labels: Tensor) -> None:
    """Raise ValueError for images that cannot be attacked, or a wrong number of labels."""
    if images.ndim != 4 or images.shape[1:] != (1, 28, 28) or not len(images):
        raise ValueError(f"Images to attack have the shape (N, 1, 28, 28), not {tuple(images.shape)}.")
    if labels.shape != (len(images),):
        raise ValueError(f"{len(images)} images need as many labels, not {tuple(labels.shape)}.")
    if not bool(torch.isfinite(images).all()):
        raise ValueError("The picture has pixels that are no numbers.")
    least, most = images.amin((1, 2, 3)), images.amax((1, 2, 3))
    if least.min() < 0 or most.max() > 1:
        raise ValueError("The picture has pixels outside 0 to 1.")
    if bool((most <= FAINTEST_INK).any()):
        raise ValueError("The picture is blank: there is no digit to attack.")
    if bool((least >= 1 - FAINTEST_INK).any()):
        raise ValueError("The picture is nothing but ink: there is no digit to attack.")


def check_classes(goals: Tensor, classes: int) -> None:
    """Raise ValueError unless the network has all these classes."""
    unknown = goals[(goals < 0) | (goals >= classes)]
    if len(unknown):
        raise ValueError(f"The network knows the classes 0 to {classes - 1}, not {int(unknown[0])}.")
