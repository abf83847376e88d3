"""Regularisers, which keep an image from becoming noise: blurred gradients, L1, total variation and jitter."""

import torch
from torch import Tensor

BLURS = ("growing", "shrinking", "steady", "none")


def blur_sigma(kind: str, step: int, steps: int, widest: float) -> float:
    """Return the blur's standard deviation in pixels at `step` (1 to `steps`); 0 for none.

    "growing" is the assignment's `4 k / (steps + 0.5)`, whose "variance, sigma" we read as a standard deviation;
    "shrinking" is its reverse.
    """
    match kind:
        case "growing":
            return widest * step / (steps + 0.5)
        case "shrinking":
            return widest * (steps + 1 - step) / (steps + 0.5)
        case "steady":
            return widest
    return 0.0


def blur(pictures: Tensor, sigma: float) -> Tensor:
    """Return images `(N, 1, H, W)` blurred by a Gaussian of `sigma` pixels, mirrored at the edges.

    As two matrix products: faster than a convolution at this size.
    """
    if sigma <= 0:
        return pictures
    rows = _gaussian(pictures.shape[2], sigma, pictures)
    columns = rows if pictures.shape[2] == pictures.shape[3] else _gaussian(pictures.shape[3], sigma, pictures)
    return rows @ pictures @ columns.T


def _gaussian(length: int, sigma: float, like: Tensor) -> Tensor:
    """Return the matrix `(length, length)` that blurs a line; each of its rows sums to 1."""
    places = torch.arange(length, device=like.device, dtype=like.dtype)
    reach = sum(  # the line and its mirror images at both ends
        torch.exp(-((places[:, None] - mirrored) ** 2) / (2 * sigma**2))
        for mirrored in (places, -1 - places, 2 * length - 1 - places)
    )
    assert isinstance(reach, Tensor)
    return reach / reach.sum(1, keepdim=True)


def l1_gradient(images: Tensor) -> Tensor:
    """Return the gradient of the L1 norm: the sum of all absolute pixel values."""
    return images.sign()


def variation_gradient(images: Tensor) -> Tensor:
    """Return the gradient of the total variation: the sum of absolute differences between neighbours."""
    slope = torch.zeros_like(images)
    for side in (2, 3):
        rising = images.diff(dim=side).sign()
        length = images.shape[side]
        slope.narrow(side, 1, length - 1).add_(rising)
        slope.narrow(side, 0, length - 1).sub_(rising)
    return slope


def standard_deviation(pictures: Tensor) -> Tensor:
    """Return the standard deviation of each image `(N, 1, 1, 1)`."""
    return pictures.std(dim=(1, 2, 3), keepdim=True)


def divide_by_deviation(pictures: Tensor) -> Tensor:
    """Return each image divided by its standard deviation; a constant image becomes 0."""
    deviation = standard_deviation(pictures)
    return torch.where(deviation > 0, pictures / deviation.clamp(min=torch.finfo(pictures.dtype).tiny), 0.0)


def jitter_shifts(jitter: int, steps: int) -> list[tuple[int, int]]:
    """Return each step's shift by at most `jitter` pixels (rows, columns); always the same sequence."""
    generator = torch.Generator().manual_seed(0)
    found = torch.randint(-jitter, jitter + 1, (steps, 2), generator=generator)
    return [(row, column) for row, column in found.tolist()]
