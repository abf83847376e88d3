"""How an image is parameterized: by its pixels, its frequencies or their phases. Always it stays within [0, 1]."""

from typing import Protocol

import torch
from torch import Tensor

from core.digits.datasets import Digits
from core.maximization.regularizers import divide_by_deviation, standard_deviation
from core.networks.evaluation import BATCH

PARAMETERIZATIONS = ("pixels", "fourier", "phase")
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


class Phase:
    """The phases alone (MACO, Fel et al. 2023, arXiv 2306.06805): `x = F⁻¹(r exp(iφ))` with a fixed magnitude `r`.

    What is then below 0 or above 1 is clipped. Phases do not decay: a phase near 0 is not smaller than another.
    """

    def __init__(self, magnitude: Tensor) -> None:
        """Fix the magnitude `(H, W // 2 + 1)`, as `mean_magnitude` returns it."""
        self.magnitude = magnitude

    def encode(self, images: Tensor) -> Tensor:
        return torch.fft.rfft2(images, norm="ortho").angle()

    def decode(self, parameters: Tensor) -> Tensor:
        return self.unclipped(parameters).clamp(0, 1)

    def unclipped(self, parameters: Tensor) -> Tensor:
        """Return the images before clipping: their Fourier magnitude is exactly the fixed one."""
        return _from_spectrum(self._spectrum(parameters))

    def update(self, parameters: Tensor, gradient: Tensor, *, size: float, decay: float) -> Tensor:
        images = self.unclipped(parameters)
        slope = torch.fft.rfft2(gradient * ((images > 0) & (images < 1)), norm="ortho")  # none where it is clipped
        spectrum = self._spectrum(parameters)
        # The derivative by φ: the imaginary part of slope times the conjugate spectrum; 0 where it must stay real.
        direction = slope.imag * spectrum.real - slope.real * spectrum.imag
        deviation = standard_deviation(_from_spectrum(1j * spectrum * direction))  # of the images' change
        return parameters + size * torch.where(deviation > 0, direction / deviation.clamp(min=1e-30), 0.0)

    def _spectrum(self, phases: Tensor) -> Tensor:
        return torch.polar(self.magnitude.expand_as(phases).contiguous(), phases)


def mean_magnitude(digits: Digits) -> Tensor:
    """Return the mean Fourier magnitude of the digits `(28, 15)`, orthonormal, which MACO keeps fixed."""
    parts = (digits.images(slice(at, at + BATCH)) for at in range(0, len(digits), BATCH))
    total = torch.stack([torch.fft.rfft2(part[:, 0], norm="ortho").abs().sum(0) for part in parts]).sum(0)
    return total / len(digits)


def make_parameterization(name: str, magnitude: Tensor | None = None) -> Parameterization:
    """Return one of PARAMETERIZATIONS. Raises ValueError for "phase" without a `magnitude`."""
    if name != "phase":
        return Fourier() if name == "fourier" else Pixels()
    if magnitude is None:
        raise ValueError("Phases need the mean magnitude of the training digits.")
    return Phase(magnitude)


def _per_unit(direction: Tensor) -> Tensor:
    deviation = standard_deviation(_field(direction))
    return torch.where(deviation > 0, direction / deviation.clamp(min=1e-30), 0.0)


def _field(spectrum: Tensor) -> Tensor:
    return _from_spectrum(spectrum * _scale_of(_size(spectrum), spectrum.device))


def _from_spectrum(spectrum: Tensor) -> Tensor:
    return torch.fft.irfft2(spectrum, s=_size(spectrum), norm="ortho")


def _size(spectrum: Tensor) -> tuple[int, int]:
    """Return the rows and columns of the images with this spectrum."""
    return spectrum.shape[-2], 2 * (spectrum.shape[-1] - 1)


def _scale(images: Tensor) -> Tensor:
    return _scale_of((images.shape[2], images.shape[3]), images.device)


def _scale_of(size: tuple[int, int], device: torch.device) -> Tensor:
    """Return 1/frequency `(H, W // 2 + 1)`; frequency zero gets the value of the lowest other one."""
    rows, columns = torch.fft.fftfreq(size[0], device=device), torch.fft.rfftfreq(size[1], device=device)
    frequency = (rows[:, None] ** 2 + columns**2).sqrt()
    return 1 / frequency.clamp(min=1 / max(size))
