"""Noise confined to a region, as a sticker on a sign is, made to survive being seen a little otherwise (V7)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.adversarial.attack import Attack, AttackStep, LossAndGradient, loss_and_gradient
from core.adversarial.config import DEFAULTS, AttackConfig
from core.adversarial.gradient_attacks import pgd_step
from core.adversarial.photograph import rotate_shift_scale

VIEWS = 8  # of each digit, new ones every step; and as many others, always the same, to see whether it survives
ROTATION, SHIFT, SCALE = 15.0, 2.0, 0.1  # degrees, pixels, share of the size: at most


@dataclass(frozen=True, eq=False)
class StickerStep(AttackStep):
    """The digits with the sticker so far, and how they are read from elsewhere."""

    views: Tensor
    """float32 `(VIEWS, N, 1, 28, 28)`: the digits shifted, turned and scaled, never as the sticker was made with."""
    fooled_share: Tensor
    """`(N,)`: the share of these views that fool the network."""


@dataclass(frozen=True, eq=False)
class _Views:
    """How each digit is seen: `(VIEWS * N,)` of each, all views of the first digit first."""

    degrees: Tensor
    shifts: Tensor
    scales: Tensor

    def of(self, images: Tensor) -> Tensor:
        return rotate_shift_scale(
            images.repeat(VIEWS, 1, 1, 1), degrees=self.degrees, shifts=self.shifts, scales=self.scales
        )


def sticker(
    network: nn.Module, images: Tensor, labels: Tensor, config: AttackConfig = DEFAULTS["sticker"], *, mask: Tensor
) -> Iterator[StickerStep]:
    """Yield the digits and then each step of a sticker that covers what `mask` `(28, 28)` has erased, True = kept.

    Each step climbs the mean loss over small shifts, turns and scales of the whole picture (Athalye 2018, expectation
    over transformations), so the sticker fools the network from elsewhere too. With epsilon 1 it may take any colour.
    Raises ValueError, one sentence, for bad input, and where there is no room for a sticker.
    """
    place = _place(mask)
    attack = Attack(network, images, labels, config)
    generator = torch.Generator().manual_seed(config.seed)
    unseen = _draw(len(images), generator)
    adversarial, reading = attack.originals, attack.at_start
    yield _record(attack, 0, adversarial, reading, unseen)
    for step in range(1, config.steps + 1):
        slope = _slope(attack, adversarial, _draw(len(images), generator)) * place
        adversarial = pgd_step(adversarial, slope, attack.originals, config)
        reading = attack.evaluate(adversarial, gradient=False)
        yield _record(attack, step, adversarial, reading, unseen)


def _record(attack: Attack, step: int, images: Tensor, reading: LossAndGradient, unseen: _Views) -> StickerStep:
    seen = unseen.of(images)
    labels = attack.labels.repeat(VIEWS)
    logits = loss_and_gradient(attack.network, seen, labels, gradient=False).logits
    reached = attack.config.is_adversarial(logits.argmax(1), labels).view(VIEWS, -1)
    plain = attack.record(step, attack.config.steps, images, reading)
    return StickerStep(**vars(plain), views=seen.unflatten(0, (VIEWS, -1)), fooled_share=reached.float().mean(0))


def _slope(attack: Attack, images: Tensor, views: _Views) -> Tensor:
    """Return how the loss, summed over the views, changes with the pixels of what is viewed."""
    goals = attack.config.loss_classes(attack.labels).repeat(VIEWS)
    with torch.enable_grad():
        pixels = images.detach().requires_grad_(True)
        seen = views.of(pixels)
        reading = loss_and_gradient(attack.network, seen, goals)
        return torch.autograd.grad(seen, pixels, reading.gradient)[0]


def _draw(count: int, generator: torch.Generator) -> _Views:
    chance = 2 * torch.rand(4, VIEWS * count, generator=generator) - 1
    return _Views(ROTATION * chance[0], SHIFT * chance[1:3].T, 1 + SCALE * chance[3])


def _place(mask: Tensor) -> Tensor:
    """Return 1 where the sticker goes and 0 elsewhere. Raises ValueError when there is no such place."""
    if mask.shape != (28, 28) or mask.dtype != torch.bool:
        raise ValueError(f"A sticker needs a mask of 28 x 28 yes or no, not {tuple(mask.shape)} of {mask.dtype}.")
    if bool(mask.all()):
        raise ValueError("Mark where the sticker goes: there is no room for it yet.")
    return (~mask).float()
