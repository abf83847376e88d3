"""A simulation of a digit that is printed and photographed, to test whether its noise still works (Kurakin 2017)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from core.corruptions.geometry import blur, rotate_shift_scale

BLUR = 0.7  # pixels: the blur of a lens out of focus (standard deviation)
ROTATION, SHIFT, SCALE = 8.0, 1.0, 0.08  # the most a hand-held camera moves: degrees, pixels, share of the size
CONTRAST, LIGHT = 0.25, 0.1  # the largest loss of contrast and change of brightness
STRONGEST = 3  # beyond it, hardly anything of a digit is left
GRAIN = 0.05  # standard deviation of a sensor's noise in dim light


@dataclass(frozen=True, eq=False)
class PhotoStep:
    """The images after one stage of the simulation."""

    stage: str
    images: Tensor
    """float32 `(N, 1, 28, 28)` in [0, 1]."""


def photograph(images: Tensor, *, seed: int = 0, strength: float = 1.0) -> Iterator[PhotoStep]:
    """Yield the images `(N, 1, 28, 28)` blurred, then also rotated, rescaled, relit and with noise added.

    Every image gets its own random values. Strength 0 changes nothing, 1 is a careful photo, 2 a careless one. Raises
    ValueError for a strength outside 0 to 3.
    """
    if not 0 <= strength <= STRONGEST:
        raise ValueError(f"The strength must be a number from 0 to {STRONGEST}, not {strength}.")
    generator = torch.Generator().manual_seed(seed)
    for stage, change in STAGES.items():
        images = change(images, strength, generator).clamp(0, 1) if strength else images
        yield PhotoStep(stage, images.cpu())


def _blurred(images: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    return blur(images, BLUR * strength)


def _turned(images: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    count = len(images)
    degrees = ROTATION * strength * _between(generator, images, count)
    shifts, scales = images.new_zeros(count, 2), images.new_ones(count)
    return rotate_shift_scale(images, degrees=degrees, shifts=shifts, scales=scales)


def _rescaled(images: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    count = len(images)
    scales = 1 + SCALE * strength * _between(generator, images, count)
    shifts = SHIFT * strength * _between(generator, images, count, 2)
    return rotate_shift_scale(images, degrees=images.new_zeros(count), shifts=shifts, scales=scales)


def _lit(images: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    each = (len(images), 1, 1, 1)
    contrast = 1 - CONTRAST * strength * torch.rand(each, generator=generator).to(images.device)
    return images * contrast + LIGHT * strength * _between(generator, images, *each)


def _grainy(images: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    return images + GRAIN * strength * torch.randn(images.shape, generator=generator).to(images.device)


def _between(generator: torch.Generator, images: Tensor, *shape: int) -> Tensor:
    """Return uniform random numbers from -1 to 1, on the device of the images."""
    return 2 * torch.rand(shape, generator=generator).to(images.device) - 1


Change = Callable[[Tensor, float, torch.Generator], Tensor]
STAGES: dict[str, Change] = {
    "blurred": _blurred,
    "turned": _turned,
    "rescaled": _rescaled,
    "lit": _lit,
    "grainy": _grainy,
}
