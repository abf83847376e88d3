"""Rotate, shift, scale and blur a batch of pictures, on any device; gradients pass through."""

from math import ceil, radians

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, conv2d, grid_sample

REACH = 4  # standard deviations to each side that a blur takes in


def rotate_shift_scale(images: Tensor, *, degrees: Tensor, shifts: Tensor, scales: Tensor) -> Tensor:
    """Return the images rotated, shifted by pixels `(N, 2)` to the right and down, and scaled, each by its own values.

    Differentiable. Pixels from outside the image are black.
    """
    angle = degrees * radians(1)
    cosine, sine = angle.cos() / scales, angle.sin() / scales
    moved = -2 * shifts / images.shape[-1]  # the grid runs from -1 to 1, and says where each pixel comes from
    rows = torch.stack([cosine, -sine, moved[:, 0]], 1), torch.stack([sine, cosine, moved[:, 1]], 1)
    grid = affine_grid(torch.stack(rows, 1), list(images.shape), align_corners=False)
    return grid_sample(images, grid, align_corners=False)


def blur(images: Tensor, sigma: float) -> Tensor:
    """Return the images `(N, 1, H, W)` blurred by a Gaussian of `sigma` pixels; outside is black. 0 changes nothing."""
    if not sigma:
        return images
    reach = ceil(REACH * sigma)
    offsets = torch.arange(-reach, reach + 1.0, device=images.device)
    window = (-offsets.square() / (2 * sigma**2)).exp()
    window = (window / window.sum())[None, None, None]
    return conv2d(conv2d(images, window, padding=(0, reach)), window.mT, padding=(reach, 0))
