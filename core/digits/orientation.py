"""Whether pictures are upright or have rows and columns swapped, as in EMNIST's files: a comparison with known means.

The means of digits are those of the offline digits; those of letters are drawn with Pillow's font.
"""

import string
from functools import cache

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from core.digits.offline_pixels import load_pixels

COMPARED = 5000  # pictures, the first ones
# The means of MNIST's digits correlate by 0.81 with those of the offline digits, 0.43 when transposed, and at most 0.66
# with those of other digits.
LOOKS_ALIKE, MARGIN = 0.7, 0.1


def is_transposed(pixels: Tensor, labels: Tensor, classes: tuple[str, ...]) -> bool | None:
    """Return whether pictures `(N, 28, 28)` have rows and columns swapped; None: they are like neither.

    `labels` `(N,)` are indices into `classes`; digits are compared where there are any, else letters.
    """
    upright = _similarity(pixels, labels, classes)
    swapped = _similarity(pixels.transpose(1, 2), labels, classes)
    return None if abs(upright - swapped) < MARGIN else swapped > upright


def look_like_digits(pixels: Tensor, labels: Tensor) -> bool:
    """Return whether pictures `(N, 28, 28)` are upright digits of their labels `(N,)`."""
    return _similarity(pixels, labels, tuple(string.digits)) > LOOKS_ALIKE


def _similarity(pixels: Tensor, labels: Tensor, classes: tuple[str, ...]) -> float:
    """Return the mean correlation of the classes' means with the known ones; 0 if no class is known."""
    pixels, labels = pixels[:COMPARED].float(), labels[:COMPARED]
    known = _digit_means() if "0" in classes else _letter_means()
    pairs = [
        torch.stack([pixels[labels == label].mean(0).flatten(), known[name].flatten()])
        for label, name in enumerate(classes)
        if name in known and bool((labels == label).any())
    ]
    return float(torch.stack([pair.corrcoef()[0, 1] for pair in pairs]).nan_to_num().mean()) if pairs else 0.0


@cache
def _digit_means() -> dict[str, Tensor]:
    pixels, labels = load_pixels()
    return {name: pixels[labels == int(name)].float().mean(0) for name in string.digits}


@cache
def _letter_means() -> dict[str, Tensor]:
    """Return the mean of each letter's small and capital form, `(28, 28)`."""
    return {name: (_draw(name) + _draw(name.upper())) / 2 for name in string.ascii_lowercase}


def _draw(letter: str) -> Tensor:
    """Return a letter in a box of 20 x 20 in the middle."""
    sheet = Image.new("L", (64, 64))
    ImageDraw.Draw(sheet).text((32, 32), letter, fill=255, font=ImageFont.load_default(40), anchor="mm")
    drawn = sheet.crop(sheet.getbbox())
    drawn = drawn.resize([max(1, round(side * 20 / max(drawn.size))) for side in drawn.size])
    picture = Image.new("L", (28, 28))
    picture.paste(drawn, ((28 - drawn.width) // 2, (28 - drawn.height) // 2))
    return torch.from_numpy(np.asarray(picture, np.float32).copy())
