"""The corruptions: what a person would hardly notice, each with a strength (Hendrycks and Dietterich, arXiv 1903.12261;
on digits: Mu and Gilmer, MNIST-C, arXiv 1906.02337).
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from core.corruptions.geometry import blur, rotate_shift_scale

SIDES = ((1, 0), (-1, 0), (0, 1), (0, -1))  # right, left, down, up


@dataclass(frozen=True)
class Corruption:
    """One kind of corruption."""

    title: str
    unit: str
    """Of the strength, as it stands behind the number."""
    strengths: tuple[float, ...]
    """Those that are measured, ascending; one of them is `neutral`."""
    neutral: float
    """The strength that changes nothing."""
    first: float
    """The strength that is shown first: a person still reads every digit."""
    about: str
    """What the strength means."""
    apply: Callable[[Tensor, float, Generator], Tensor]
    """Takes images `(N, 1, 28, 28)`, a strength and the source of chance."""
    random: bool = False
    """Whether another seed gives another result."""

    def describe(self, strength: float) -> str:
        """Return the strength with its unit: "4 px"."""
        return f"{strength:g} {self.unit}"


def corrupt(images: Tensor, kind: str, strength: float, *, seed: int = 0) -> Tensor:
    """Return the images float32 `(N, 1, 28, 28)` in [0, 1], each with one of CORRUPTIONS; same seed, same result.

    Chance (noise, the direction of a shift or a rotation) is drawn for each image. Raises ValueError for another kind
    or a strength out of its range.
    """
    if kind not in CORRUPTIONS:
        raise ValueError(f"There is no corruption called {kind!r}; there are {', '.join(CORRUPTIONS)}.")
    one = CORRUPTIONS[kind]
    least, most = one.strengths[0], one.strengths[-1]
    if not least <= strength <= most:
        raise ValueError(f"The strength of {kind} is a number from {least:g} to {most:g} {one.unit}, not {strength:g}.")
    if strength == one.neutral:
        return images
    return one.apply(images, strength, Generator().manual_seed(seed)).clamp(0, 1)


def _shift(images: Tensor, pixels: float, chance: Generator) -> Tensor:
    sides = torch.tensor(SIDES, dtype=images.dtype)[torch.randint(len(SIDES), (len(images),), generator=chance)]
    return _move(images, shifts=pixels * sides)


def _scale(images: Tensor, percent: float, chance: Generator) -> Tensor:
    return _move(images, scales=torch.full((len(images),), percent / 100))


def _rotate(images: Tensor, degrees: float, chance: Generator) -> Tensor:
    signs = 2 * torch.randint(2, (len(images),), generator=chance) - 1
    return _move(images, degrees=degrees * signs.to(images.dtype))


def _move(
    images: Tensor, *, degrees: Tensor | None = None, shifts: Tensor | None = None, scales: Tensor | None = None
) -> Tensor:
    count = len(images)
    return rotate_shift_scale(
        images,
        degrees=images.new_zeros(count) if degrees is None else degrees.to(images.device),
        shifts=images.new_zeros(count, 2) if shifts is None else shifts.to(images.device),
        scales=images.new_ones(count) if scales is None else scales.to(images.device),
    )


def _blur(images: Tensor, sigma: float, chance: Generator) -> Tensor:
    return blur(images, sigma)


def _add_noise(images: Tensor, percent: float, chance: Generator) -> Tensor:
    return images + percent / 100 * torch.randn(images.shape, generator=chance).to(images.device)


def _lower_contrast(images: Tensor, percent: float, chance: Generator) -> Tensor:
    mean = images.mean((1, 2, 3), keepdim=True)
    return mean + (images - mean) * percent / 100


def _add_salt_and_pepper(images: Tensor, percent: float, chance: Generator) -> Tensor:
    hit, salt = torch.rand((2, *images.shape), generator=chance).to(images.device)
    return torch.where(hit < percent / 100, (salt < 0.5).to(images.dtype), images)


def _invert(images: Tensor, percent: float, chance: Generator) -> Tensor:
    return images + percent / 100 * (1 - 2 * images)


CORRUPTIONS = {
    "shift": Corruption(
        "Shift",
        "px",
        (0, 1, 2, 3, 4, 6, 8),
        0,
        4,
        "pixels, to a random side",
        _shift,
        random=True,
    ),
    "scale": Corruption("Scale", "%", (40, 60, 80, 100, 120, 140), 100, 60, "percent of the size", _scale),
    "rotation": Corruption(
        "Rotation",
        "°",
        (0, 10, 20, 30, 45, 60, 90),
        0,
        30,
        "degrees, to a random side",
        _rotate,
        random=True,
    ),
    "blur": Corruption("Blur", "px", (0, 0.5, 1, 1.5, 2, 2.5, 3), 0, 1.5, "standard deviation in pixels", _blur),
    "noise": Corruption(
        "Noise",
        "%",
        (0, 10, 20, 30, 40, 60, 80),
        0,
        30,
        "standard deviation in percent of full ink",
        _add_noise,
        random=True,
    ),
    "contrast": Corruption(
        "Contrast", "%", (5, 10, 20, 40, 60, 80, 100), 100, 20, "percent of the contrast left", _lower_contrast
    ),
    "salt and pepper": Corruption(
        "Salt and pepper",
        "%",
        (0, 5, 10, 20, 30, 40, 50),
        0,
        10,
        "percent of all pixels",
        _add_salt_and_pepper,
        random=True,
    ),
    "negative": Corruption(
        "Negative", "%", (0, 20, 40, 60, 80, 100), 0, 100, "percent of the way to black on white", _invert
    ),
}
