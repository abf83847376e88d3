"""Features made by hand: histograms of oriented gradients (HOG; Dalal and Triggs, CVPR 2005), which nothing learns."""

from math import pi

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

ORIENTATIONS = 9  # from 0 to 180 degrees: a stroke's two edges count as one direction
CELL = 7  # pixels: a digit of 28 x 28 has 4 x 4 cells
BLOCK = 2  # cells to each side that are normalised together
CLIP, EPSILON = 0.2, 1e-5  # of the normalisation (L2-Hys)


def oriented_gradients(images: Tensor) -> Tensor:
    """Return the HOG features `(N, 36, rows, columns)` of images `(N, C, H, W)` in [0, 1], colours averaged.

    Each cell of 7 x 7 pixels has a histogram of the directions of its gradients; a block is 2 x 2 cells, normalised
    together. Digits of 28 x 28 pixels have 3 x 3 blocks: 324 features.
    """
    histograms = _cell_histograms(images.mean(1))
    rows, columns = histograms.shape[2] - BLOCK + 1, histograms.shape[3] - BLOCK + 1
    blocks = torch.cat(
        [histograms[:, :, top : top + rows, left : left + columns] for top in range(BLOCK) for left in range(BLOCK)], 1
    )
    return _normalize(_normalize(blocks).clamp(max=CLIP))


def _cell_histograms(pictures: Tensor) -> Tensor:
    """Return the mean gradient of each direction `(N, 9, rows, columns)` in every cell of pictures `(N, H, W)`."""
    down, right = torch.zeros_like(pictures), torch.zeros_like(pictures)
    down[:, 1:-1] = pictures[:, 2:] - pictures[:, :-2]
    right[:, :, 1:-1] = pictures[:, :, 2:] - pictures[:, :, :-2]
    place = torch.atan2(down, right).remainder(pi) / pi * ORIENTATIONS  # 0 to 9, in bins
    centres = torch.arange(ORIENTATIONS, device=pictures.device).view(-1, 1, 1) + 0.5
    apart = (place[:, None] - centres).abs()
    votes = (1 - torch.minimum(apart, ORIENTATIONS - apart)).clamp(min=0)  # between the two nearest bins
    return avg_pool2d(votes * torch.hypot(down, right)[:, None], CELL)


def _normalize(blocks: Tensor) -> Tensor:
    return blocks / (blocks.square().sum(1, keepdim=True) + EPSILON**2).sqrt()
