"""The worked examples of the lectures, and signals and films made from a digit."""

import torch
from torch import Tensor
from torch.nn import functional

from core.convolution.window import Filter

# The lecture's image of 5 x 5; its slide marks the filter's ones and zeros as x1 and x0. The first output is 4.
PICTURE = torch.tensor(
    [[1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0]], dtype=torch.float32
)[None]
CROSS = Filter(torch.tensor([[1, 0, 1], [0, 1, 0], [1, 0, 1]], dtype=torch.float32)[None])

# The upper left corner of the lecture's photo, 0 to 255, padded by 1. The first output is 308 - 498 + 164 + 1 = -25.
PHOTO = torch.tensor(
    [
        [
            [156, 155, 156, 158, 158],
            [153, 154, 157, 159, 159],
            [149, 151, 155, 158, 159],
            [146, 146, 149, 153, 158],
            [145, 143, 143, 148, 158],
        ],
        [
            [167, 166, 167, 169, 169],
            [164, 165, 168, 170, 170],
            [160, 162, 166, 169, 170],
            [156, 156, 159, 163, 168],
            [155, 153, 153, 158, 168],
        ],
        [
            [163, 162, 163, 165, 165],
            [160, 161, 164, 166, 166],
            [156, 158, 162, 165, 166],
            [155, 155, 158, 162, 167],
            [154, 152, 152, 157, 167],
        ],
    ],
    dtype=torch.float32,
)
COLOR_FILTER = Filter(
    torch.tensor(
        [
            [[-1, -1, 1], [0, 1, -1], [0, 1, 1]],
            [[1, 0, 0], [1, -1, -1], [1, 0, -1]],
            [[0, 1, 1], [0, 1, 0], [1, -1, 1]],
        ],
        dtype=torch.float32,
    ),
    bias=1.0,
    padding=1,
)

# Max pooling with a window of 3 x 3 and stride 1 gives 3 3 3 / 3 3 3 / 3 2 3.
POOLED = torch.tensor(
    [[3, 3, 2, 1, 0], [0, 0, 1, 3, 1], [3, 1, 2, 2, 3], [2, 0, 0, 2, 2], [2, 0, 0, 0, 1]], dtype=torch.float32
)[None]


def to_signal(digit: Tensor) -> Tensor:
    """Return the ink in each column of a digit `(28, 28)`, from left to right: a signal `(28,)`."""
    return digit.sum(0)


def to_film(digit: Tensor, *, still: int = 4, moving: int = 6) -> Tensor:
    """Return a film `(frames, 28, 28)` of a digit that stands still and then moves to the right.

    It starts left of the centre by half of the distance, so that it stays inside the frame.
    """
    way = [-(moving // 2)] * still + [step - moving // 2 for step in range(1, moving + 1)]
    padded = functional.pad(digit, [moving, moving])
    return torch.stack([padded[:, moving - shift : moving - shift + digit.shape[1]] for shift in way])
