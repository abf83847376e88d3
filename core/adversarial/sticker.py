"""An adversarial sticker: noise inside a region that still works when the image is shifted, rotated or scaled."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.adversarial.attack import Attack, AttackStep, LossAndGradient, loss_and_gradient
from core.adversarial.config import DEFAULTS, AttackConfig
from core.adversarial.gradient_attacks import pgd_step
from core.corruptions.geometry import rotate_shift_scale

VIEWS = 8  # of each digit, new ones every step; and 8 fixed ones, not trained on, to measure success
ROTATION, SHIFT, SCALE = 15.0, 2.0, 0.1  # degrees, pixels, share of the size: at most


@dataclass(frozen=True, eq=False)
class StickerStep(AttackStep):
    """The digits with the sticker so far, and how their transformed views are read."""

    views: Tensor
    """float32 `(VIEWS, N, 1, 28, 28)`: the digits shifted, rotated and scaled by values not used in training."""
    fooled_share: Tensor
    """`(N,)`: the share of these views that fool the network."""


@dataclass(frozen=True, eq=False)
class _Views:
    """The transforms of the views: `(VIEWS * N,)` of each, view by view."""

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
    """Yield the digits, then each step of a sticker that covers what `mask` `(28, 28)` erases, True = kept.

    Each step increases the mean loss over random shifts, rotations and scales of the whole image (expectation over
    transformation, Athalye 2018). With epsilon 1 the sticker may have any grey value. Raises ValueError for bad input
    and for a mask that erases nothing.
    """
    place = _place(mask).to(images.device)
    attack = Attack(network, images, labels, config)
    generator = torch.Generator().manual_seed(config.seed)
    unseen = _draw(images, generator)
    adversarial, reading = attack.originals, attack.at_start
    yield _record(attack, 0, adversarial, reading, unseen)
    for step in range(1, config.steps + 1):
        gradient = _gradient(attack, adversarial, _draw(images, generator)) * place
        adversarial = pgd_step(adversarial, gradient, attack.originals, config)
        reading = attack.evaluate(adversarial, gradient=False)
        yield _record(attack, step, adversarial, reading, unseen)


def _record(attack: Attack, step: int, images: Tensor, reading: LossAndGradient, unseen: _Views) -> StickerStep:
    seen = unseen.of(images)
    labels = attack.labels.repeat(VIEWS)
    logits = loss_and_gradient(attack.network, seen, labels, gradient=False).logits
    reached = attack.config.is_adversarial(logits.argmax(1), labels).view(VIEWS, -1)
    plain = attack.record(step, attack.config.steps, images, reading)
    views, share = seen.unflatten(0, (VIEWS, -1)), reached.float().mean(0)
    return StickerStep(**vars(plain), views=views.cpu(), fooled_share=share.cpu())


def _gradient(attack: Attack, images: Tensor, views: _Views) -> Tensor:
    """Return the gradient of the loss, summed over the views, at the pixels of the images."""
    goals = attack.config.loss_classes(attack.labels).repeat(VIEWS)
    with torch.enable_grad():
        pixels = images.detach().requires_grad_(True)
        seen = views.of(pixels)
        reading = loss_and_gradient(attack.network, seen, goals)
        return torch.autograd.grad(seen, pixels, reading.gradient)[0]


def _draw(images: Tensor, generator: torch.Generator) -> _Views:
    chance = 2 * torch.rand(4, VIEWS * len(images), generator=generator).to(images.device) - 1
    return _Views(ROTATION * chance[0], SHIFT * chance[1:3].T, 1 + SCALE * chance[3])


def _place(mask: Tensor) -> Tensor:
    """Return 1 where the sticker goes and 0 elsewhere. Raises ValueError for a mask that erases nothing."""
    if mask.shape != (28, 28) or mask.dtype != torch.bool:
        raise ValueError(f"A sticker needs a bool mask of 28 x 28, not {tuple(mask.shape)} of {mask.dtype}.")
    if bool(mask.all()):
        raise ValueError("Mark where the sticker goes: there is no room for it yet.")
    return (~mask).float()
