"""How fast PMNIST is built: whole tensors against the published code's way, pixel by pixel."""

from collections.abc import Callable, Iterable
from functools import partial
from itertools import combinations
from random import Random
from statistics import median
from typing import TypeVar

import numpy as np
from torch import Tensor

from core.digits.datasets import Digits
from core.pmnist.masks import CUTS, SIDE, SQUARE, cut_mask
from core.pmnist.partial_set import erase_pixels
from tests.benchmarks import Measured, mnist
from tests.benchmarks.timing import ratios, seconds, side_by_side

LOOPED = 100  # digits the loops are timed on; ours erases all 10,000 meanwhile, and times are per digit
ROUNDS = 7
Kept = list[list[bool]]
Pixels = TypeVar("Pixels", np.ndarray, Tensor)


def pmnist_speed() -> Measured:
    """Compare with the published code's loop, which sets pixels of the tensor torchvision holds the images in.

    Over a NumPy array of the same images such a loop is far faster: told beside the figure.
    """
    digits = mnist.dataset().test
    few = digits.pixels[:LOOPED]
    contenders: dict[str, Callable[[], object]] = {
        "ours": partial(_build, digits),
        "array": lambda: [_erase_by_loop(few.numpy().copy(), cut) for cut in CUTS],
        "tensor": lambda: [_erase_by_loop(few[:10].clone(), cut) for cut in CUTS],
    }
    runs = side_by_side(contenders, ROUNDS)
    ours, array, tensor = (seconds(runs[name]) for name in contenders)
    share = len(digits) / LOOPED
    figures = [10 * share * ratio for ratio in ratios(tensor, ours)]
    by_array = median(share * ratio for ratio in ratios(array, ours))
    note = f"The loop sets pixels of a tensor, as the published code's does; over a NumPy array: {by_array:.0f}."
    return Measured(median(figures), figures, note)


def _build(digits: Digits) -> None:
    for cut in CUTS:
        erase_pixels(digits.pixels, cut)


def _erase_by_loop(images: Pixels, cut: str) -> Pixels:
    """Draw squares where the cut has them, as ours does; all other masks the loop is given, as lists, for nothing."""
    random, fixed = Random(0), cut_mask(cut).tolist()
    masks = (_draw_squares(random) if cut == "TCUT" else fixed for _ in images)
    return _set_pixels(images, masks)


def _set_pixels(images: Pixels, masks: Iterable[Kept]) -> Pixels:
    for image, kept in zip(images, masks, strict=True):
        for x in range(SIDE):
            for y in range(SIDE):
                if not kept[y][x]:
                    image[y, x] = 0
    return images


def _draw_squares(random: Random) -> Kept:
    """Draw three squares until none overlap."""
    places, apart = SIDE - SQUARE + 1, False
    while not apart:
        corners = [(random.randrange(places), random.randrange(places)) for _ in range(3)]
        apart = all(abs(a - c) >= SQUARE or abs(b - d) >= SQUARE for (a, b), (c, d) in combinations(corners, 2))
    kept = [[True] * SIDE for _ in range(SIDE)]
    for top, left in corners:
        for row in kept[top : top + SQUARE]:
            row[left : left + SQUARE] = [False] * SQUARE
    return kept
