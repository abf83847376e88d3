"""How fast PMNIST is built: whole tensors against the published code's way, pixel by pixel."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from statistics import median
from typing import TypeVar

import numpy as np
from torch import Tensor

from core.datasets import Digits
from core.pmnist import CUTS, cut_masks, erase_digits
from tests.benchmarks import Measured, mnist
from tests.benchmarks.timing import ratios, seconds, side_by_side

LOOPED = 100  # digits the loops are timed on; ours erases all 10,000 meanwhile, and times are per digit
ROUNDS = 7
Pixels = TypeVar("Pixels", np.ndarray, Tensor)


def pmnist_speed() -> Measured:
    """Compare with a loop over a NumPy array, which sets a pixel far faster than one over a tensor does."""
    digits = mnist.dataset().test
    few = digits.pixels[:LOOPED]
    masks = [_as_lists(cut_masks(cut, LOOPED)) for cut in CUTS]  # the loop is given its masks, ours draws its own
    contenders: dict[str, Callable[[], object]] = {
        "ours": partial(_build, digits),
        "array": lambda: [_erase_by_loop(few.numpy().copy(), mask) for mask in masks],
        "tensor": lambda: [_erase_by_loop(few[:10].clone(), mask) for mask in masks],
    }
    runs = side_by_side(contenders, ROUNDS)
    ours, array, tensor = (seconds(runs[name]) for name in contenders)
    share = len(digits) / LOOPED
    figures = [share * ratio for ratio in ratios(array, ours)]
    by_tensor = median(10 * share * ratio for ratio in ratios(tensor, ours))
    note = f"The loop sets pixels of a NumPy array; over a tensor it is slower, and the figure {by_tensor:.0f}."
    return Measured(median(figures), figures, note)


def _build(digits: Digits) -> None:
    for cut in CUTS:
        erase_digits(digits, cut)


def _as_lists(masks: Tensor) -> Sequence[list[list[bool]]]:
    """Return a mask per digit as lists: the quickest that a Python loop can look up."""
    return masks.expand(LOOPED, 28, 28).tolist()


def _erase_by_loop(images: Pixels, masks: Iterable[list[list[bool]]]) -> Pixels:
    for image, kept in zip(images, masks, strict=False):
        for x in range(28):
            for y in range(28):
                if not kept[y][x]:
                    image[y, x] = 0
    return images
