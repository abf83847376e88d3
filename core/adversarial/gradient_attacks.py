"""Attacks along the gradient of the loss: FGSM, BIM and PGD, within an L∞ or L2 limit."""

from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor, nn

from core.adversarial.attack import Attack, AttackStep, loss_and_gradient, pool_before_relu
from core.adversarial.config import DEFAULTS, AttackConfig


def fgsm(
    network: nn.Module, images: Tensor, labels: Tensor, config: AttackConfig = DEFAULTS["fgsm"]
) -> Iterator[AttackStep]:
    """Yield the digits, then the result of one step of size epsilon along the gradient's sign (Goodfellow 2015).

    With the norm "l2" the step follows the gradient itself. The config's steps, step size and random start are ignored.
    Raises ValueError as `pgd`.
    """
    once = replace(config, steps=1, step_size=config.epsilon or None, random_start=False)
    yield from pgd(network, images, labels, once)


def pgd(
    network: nn.Module, images: Tensor, labels: Tensor, config: AttackConfig = DEFAULTS["pgd"]
) -> Iterator[AttackStep]:
    """Yield the digits, then each step of projected gradient ascent on the loss of their labels.

    With a random start this is PGD (Madry 2018), without one BIM (Kurakin 2017). With a target, the target's loss is
    decreased instead. `images` `(N, 1, 28, 28)`; `labels` `(N,)`: the true ones, or for a drawing the predicted ones.
    Raises ValueError for bad input.
    """
    attack = Attack(network, images, labels, config)
    adversarial, reading = attack.originals, attack.at_start
    yield attack.record(0, config.steps, adversarial, reading)
    if config.random_start:
        adversarial = random_start(attack.originals, config, seeded_generator(config))
        reading = attack.evaluate(adversarial)
    for step in range(1, config.steps + 1):
        adversarial = pgd_step(adversarial, reading.log_odds_gradient, attack.originals, config)
        reading = attack.evaluate(adversarial, gradient=step < config.steps)
        yield attack.record(step, config.steps, adversarial, reading)


def make_adversarial(
    network: nn.Module,
    images: Tensor,
    labels: Tensor,
    config: AttackConfig = DEFAULTS["pgd"],
    *,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Return the final images of `pgd`, without checks and records: for adversarial training.

    The network's mode is not changed: switch it to evaluation mode first. `generator` draws the random starts, so that
    they differ from batch to batch; None: a new one from the config's seed.
    """
    network, goals, adversarial = pool_before_relu(network), config.loss_classes(labels), images.detach()
    if config.random_start:
        adversarial = random_start(images, config, generator or seeded_generator(config))
    for _ in range(config.steps):
        adversarial = pgd_step(
            adversarial, loss_and_gradient(network, adversarial, goals).log_odds_gradient, images, config
        )
    return adversarial


def pgd_step(adversarial: Tensor, gradient: Tensor, originals: Tensor, config: AttackConfig) -> Tensor:
    """Return the images after one step, projected to within epsilon of the originals and clipped to [0, 1]."""
    moved = adversarial + config.direction * config.effective_step_size * normalize_gradient(gradient, config)
    return (originals + project(moved - originals, config)).clamp(0, 1)


def normalize_gradient(gradient: Tensor, config: AttackConfig) -> Tensor:
    """Return the steepest direction of size 1: the gradient's sign ("linf"), or the gradient over its norm ("l2").

    Before the norm is taken, the largest entry becomes 1, so that squares of small entries are not rounded to 0.
    """
    if config.norm == "linf":
        return gradient.sign()
    largest = gradient.abs().amax((1, 2, 3), keepdim=True)
    scaled = gradient / largest.clamp(min=torch.finfo(gradient.dtype).tiny)
    return scaled / l2_norms(scaled)


def project(perturbation: Tensor, config: AttackConfig) -> Tensor:
    """Return the closest perturbation within epsilon."""
    if config.norm == "linf":
        return perturbation.clamp(-config.epsilon, config.epsilon)
    return perturbation * (config.epsilon / l2_norms(perturbation)).clamp(max=1)


def l2_norms(perturbation: Tensor) -> Tensor:
    """Return the L2 norm of each perturbation `(N, 1, 1, 1)`, never 0, so that it can be a divisor."""
    return perturbation.flatten(1).norm(dim=1).clamp(min=1e-12)[:, None, None, None]


def seeded_generator(config: AttackConfig) -> torch.Generator:
    """Return a random generator with the config's seed: on the CPU, so that a seed means the same on every device."""
    return torch.Generator().manual_seed(config.seed)


def random_start(images: Tensor, config: AttackConfig, generator: torch.Generator) -> Tensor:
    """Return the images moved to a uniformly random point within epsilon."""
    noise = torch.empty_like(images, device=generator.device)
    if config.norm == "linf":
        noise.uniform_(-1, 1, generator=generator)
    else:  # a ball's volume grows with its radius to the power of its dimension
        noise.normal_(generator=generator)
        radius = torch.rand(len(images), 1, 1, 1, generator=generator, device=generator.device)
        noise = noise / l2_norms(noise) * radius ** (1 / images[0].numel())
    return (images + config.epsilon * noise.to(images.device)).clamp(0, 1)
