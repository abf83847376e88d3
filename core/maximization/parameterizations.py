"""How an image is parameterized: by its pixels or by its frequencies. Either way it stays within [0, 1]."""

from typing import Protocol

import torch
from torch import Tensor

from core.maximization.regularizers import divide_by_deviation, standard_deviation

MARGIN = 0.004  # distance from 0 and 1, which a sigmoid never reaches: one of 255 grey values


class Parameterization(Protocol):
    """A mapping between images `(N, 1, H, W)` in [0, 1] and the parameters that are optimised."""

    def encode(self, images: Tensor) -> Tensor:
        """Return the parameters of these images."""

    def decode(self, parameters: Tensor) -> Tensor:
        """Return the images of these parameters."""

    def update(self, parameters: Tensor, gradient: Tensor, *, size: float, decay: float) -> Tensor:
        """Return the parameters after a gradient step; `size` is the step's standard deviation in each image."""


class Pixels:
    """The pixels themselves, updated as in the assignment: x = (1 - decay) x + size * gradient / std, clipped."""

    def encode(self, images: Tensor) -> Tensor:
        return images

    def decode(self, parameters: Tensor) -> Tensor:
        return parameters

    def update(self, parameters: Tensor, gradient: Tensor, *, size: float, decay: float) -> Tensor:
        return ((1 - decay) * parameters + size * divide_by_deviation(gradient)).clamp(0, 1)


class Fourier:
    """Frequencies, of which the low ones take the largest steps (lucid's decorrelated images), then a sigmoid."""

    def encode(self, images: Tensor) -> Tensor:
        field = images.clamp(MARGIN, 1 - MARGIN).logit()
        return torch.fft.rfft2(field, norm="ortho") / _scale(images)

    def decode(self, parameters: Tensor) -> Tensor:
        return _field(parameters).sigmoid()

    def update(self, parameters: Tensor, gradient: Tensor, *, size: float, decay: float) -> Tensor:
        images = self.decode(parameters)
        slope = gradient * images * (1 - images)  # before the sigmoid
        direction = torch.fft.rfft2(slope, norm="ortho") * _scale(images)
        # The sigmoid's slope at grey is a quarter, so a change of 4 before it changes the image by 1.
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
    """Return 1/frequency `(H, W // 2 + 1)`; frequency zero gets the value of the lowest other one."""
    rows, columns = torch.fft.fftfreq(size[0], device=device), torch.fft.rfftfreq(size[1], device=device)
    frequency = (rows[:, None] ** 2 + columns**2).sqrt()
    return 1 / frequency.clamp(min=1 / max(size))


PARAMETERIZATIONS: dict[str, Parameterization] = {"pixels": Pixels(), "fourier": Fourier()}
