"""Filters made by hand: smoothing, gradients, sharpening, embossing, one's own numbers, on any picture (C11, C8)."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from core.digits import pictures

SIDE = 160  # pixels that the longer side of an uploaded picture keeps: each is to be seen
SIZES, LARGEST = (3, 5), 1000.0


class FilterError(ValueError):
    """What was typed is no filter; the message is one sentence for the person who typed it."""


@dataclass(frozen=True, eq=False)
class ManualFilter:
    """A filter `(k, k)`, and what it does in a few words."""

    weights: Tensor
    description: str


def _filter(does: str, rows: list[list[float]], share: float = 1.0) -> ManualFilter:
    return ManualFilter(torch.tensor(rows, dtype=torch.float32) / share, does)


_BINOMIAL = [1.0, 4.0, 6.0, 4.0, 1.0]
MANUAL_FILTERS = {
    "nothing": _filter("one in the middle: every pixel stays as it is", [[0, 0, 0], [0, 1, 0], [0, 0, 0]]),
    "smooth": _filter("the average of nine pixels: noise goes, edges blur", [[1, 1, 1], [1, 1, 1], [1, 1, 1]], 9),
    "smooth more": _filter(
        "a bell over 25 pixels, the near ones count more: blurs evenly in all directions",
        [[a * b for a in _BINOMIAL] for b in _BINOMIAL],
        256,
    ),
    "gradient →": _filter(
        "right minus left: upright edges, blue where it gets brighter to the right",
        [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    ),
    "gradient ↓": _filter(
        "below minus above: level edges, blue where it gets brighter downwards", [[-1, -2, -1], [0, 0, 0], [1, 2, 1]]
    ),
    "edges": _filter(
        "a pixel against its neighbours: edges in all directions, nothing on even ground",
        [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
    ),
    "sharpen": _filter(
        "a pixel, and how it differs from its neighbours once more", [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]
    ),
    "emboss": _filter(
        "the picture, and light that falls on it from the upper left", [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]]
    ),
}


def parse_filter(text: str) -> Tensor:
    """Return the filter that was typed, a row per line: 3 x 3 or 5 x 5 numbers. Raises FilterError."""
    rows = [re.split(r"[\s,;]+", line.strip(" \t,;")) for line in text.splitlines() if line.strip(" \t,;")]
    if len(rows) not in SIZES or any(len(row) != len(rows) for row in rows):
        found = " and ".join(sorted({str(len(row)) for row in rows})) or "no"
        raise FilterError(
            f"A filter has 3 rows of 3 numbers, or 5 rows of 5; here are {len(rows)} rows of {found} numbers."
        )
    return torch.tensor([[_number(word) for word in row] for row in rows])


def _number(word: str) -> float:
    try:
        top, _, below = word.replace("−", "-").partition("/")
        value = float(top) / float(below or 1)
    except (ValueError, ZeroDivisionError):
        raise FilterError(f"{word[:20]!r} is no number: write for example 1, -0.5 or 1/9.") from None
    if not abs(value) <= LARGEST:
        raise FilterError(f"{word[:20]} is too large for a filter: keep to numbers from −{LARGEST:g} to {LARGEST:g}.")
    return value


def read_color_picture(content: bytes) -> Tensor:
    """Return an uploaded picture as channels red, green and blue `(3, H, W)` in [0, 1]. Raises PictureError."""
    image = pictures.limit(pictures.read_picture(content)).convert("RGBA")
    paper = Image.new("RGBA", image.size, "white")  # shows where the picture is transparent
    paper.alpha_composite(image)
    image = paper.convert("RGB")
    image.thumbnail((SIDE, SIDE))
    return torch.from_numpy(np.asarray(image).transpose(2, 0, 1).copy()) / 255


def apply_filter(picture: Tensor, weights: Tensor) -> Tensor:
    """Return every channel of a picture `(channels, H, W)` under a filter `(k, k)` of odd size, as large as before.

    The border is repeated outwards: with zeros around it every border would be an edge.
    """
    reach = weights.shape[-1] // 2
    padded = functional.pad(picture[None], [reach] * 4, mode="replicate")
    channels = picture.shape[0]
    return functional.conv2d(padded, weights.expand(channels, 1, -1, -1), groups=channels)[0]
