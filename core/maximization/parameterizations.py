"""What moves when a picture climbs: its pixels, or its frequencies. Either way the picture stays within [0, 1]."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from core.maximization.regularizers import divide_by_deviation, standard_deviation

MARGIN = 0.004  # of 0 and 1, which no frequencies reach: a grey value of 255


class Parameterization(Protocol):
    """How pictures `(N, 1, H, W)` in [0, 1] are described while they climb."""

    def encode(self, images: Tensor) -> Tensor:
        """Return the parameters of these pictures."""

    def decode(self, parameters: Tensor) -> Tensor:
        """Return the pictures that the parameters describe, in [0, 1]."""

    def update(self, parameters: Tensor, gradient: Tensor, *, size: float, decay: float) -> Tensor:
        """Return the parameters after a step up the gradient of the pictures; each picture's step has that size."""


class Pixels:
    """The pixels themselves, as the assignment moves them: x = (1 - decay) x + size * gradient / std, clipped (N3)."""

    def encode(self, images: Tensor) -> Tensor:
        return images

    def decode(self, parameters: Tensor) -> Tensor:
        return parameters

    def update(self, parameters: Tensor, gradient: Tensor, *, size: float, decay: float) -> Tensor:
        return ((1 - decay) * parameters + size * divide_by_deviation(gradient)).clamp(0, 1)


class Fourier:
    """Frequencies, of which the low ones move farthest (lucid's "spatially decorrelated" pictures).

    A sigmoid keeps what they add up to within [0, 1].
    """

    def encode(self, images: Tensor) -> Tensor:
        field = images.clamp(MARGIN, 1 - MARGIN).logit()
        return torch.fft.rfft2(field, norm="ortho") / _scale(images)

    def decode(self, parameters: Tensor) -> Tensor:
        return _field(parameters).sigmoid()

    def update(self, parameters: Tensor, gradient: Tensor, *, size: float, decay: float) -> Tensor:
        images = self.decode(parameters)
        slope = gradient * images * (1 - images)  # of the field under the sigmoid
        direction = torch.fft.rfft2(slope, norm="ortho") * _scale(images)
        # A field that moves by 4 moves a grey picture by 1: there the sigmoid's slope is a quarter.
        return (1 - decay) * parameters + 4 * size * _per_unit(direction)


def _per_unit(direction: Tensor) -> Tensor:
    deviation = standard_deviation(_field(direction))
    return torch.where(deviation > 0, direction / deviation.clamp(min=1e-30), 0.0)


def _field(spectrum: Tensor) -> Tensor:
    columns = 2 * (spectrum.shape[-1] - 1)
    size = (spectrum.shape[-2], columns)
    return torch.fft.irfft2(spectrum * _scale_of(size, spectrum.device), s=size, norm="ortho")


def _scale(images: Tensor) -> Tensor:
    return _scale_of((images.shape[2], images.shape[3]), images.device)


def _scale_of(size: tuple[int, int], device: torch.device) -> Tensor:
    """Return 1/frequency `(H, W // 2 + 1)`, and at most what the lowest frequency but zero has."""
    rows, columns = torch.fft.fftfreq(size[0], device=device), torch.fft.rfftfreq(size[1], device=device)
    frequency = (rows[:, None] ** 2 + columns**2).sqrt()
    return 1 / frequency.clamp(min=1 / max(size))


PARAMETERIZATIONS: dict[str, Parameterization] = {"pixels": Pixels(), "fourier": Fourier()}
