"""Filters made by hand: smoothing, gradients, sharpening, embossing, or typed numbers, for any picture."""

import re
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from core.digits import pictures

SIDE = 160  # pixels of the longer side of an uploaded picture, so that each pixel is visible
SIZES, MAX_WEIGHT = (3, 5), 1000.0


class FilterError(ValueError):
    """The typed text is no filter; the message is one sentence for its author."""


@dataclass(frozen=True, eq=False)
class ManualFilter:
    """A filter `(k, k)` and a short description."""

    weights: Tensor
    description: str


def _filter(does: str, rows: list[list[float]], share: float = 1.0) -> ManualFilter:
    return ManualFilter(torch.tensor(rows, dtype=torch.float32) / share, does)


_BINOMIAL = [1.0, 4.0, 6.0, 4.0, 1.0]
MANUAL_FILTERS = {
    "nothing": _filter("one in the middle: no pixel changes", [[0, 0, 0], [0, 1, 0], [0, 0, 0]]),
    "smooth": _filter(
        "the average of nine pixels: less noise, but blurred edges", [[1, 1, 1], [1, 1, 1], [1, 1, 1]], 9
    ),
    "smooth more": _filter(
        "a weighted average of 25 pixels, near ones count more: blurs equally in all directions",
        [[a * b for a in _BINOMIAL] for b in _BINOMIAL],
        256,
    ),
    "gradient →": _filter(
        "right minus left: vertical edges, blue where it gets brighter to the right",
        [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    ),
    "gradient ↓": _filter(
        "below minus above: horizontal edges, blue where it gets brighter downwards",
        [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
    ),
    "edges": _filter(
        "a pixel minus its neighbours: edges in all directions, nothing on flat areas",
        [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
    ),
    "sharpen": _filter("a pixel plus its difference from its neighbours", [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
    "emboss": _filter("the picture as if lit from the upper left", [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]]),
}


def parse_filter(text: str) -> Tensor:
    """Return the filter in a text, a row per line: 3 x 3 or 5 x 5 numbers. Raises FilterError."""
    rows = [re.split(r"[\s,;]+", line.strip(" \t,;")) for line in text.splitlines() if line.strip(" \t,;")]
    if len(rows) not in SIZES or any(len(row) != len(rows) for row in rows):
        found = " and ".join(sorted({str(len(row)) for row in rows})) or "no"
        raise FilterError(
            f"A filter has 3 rows of 3 numbers, or 5 rows of 5. This one has {len(rows)} rows of {found} numbers."
        )
    return torch.tensor([[_number(word) for word in row] for row in rows])


def _number(word: str) -> float:
    try:
        top, _, below = word.replace("−", "-").partition("/")
        value = float(top) / float(below or 1)
    except (ValueError, ZeroDivisionError):
        raise FilterError(f"{word[:20]!r} is not a number. Examples of numbers: 1, -0.5 or 1/9.") from None
    if not abs(value) <= MAX_WEIGHT:
        raise FilterError(f"{word[:20]} is too large for a filter: use numbers from −{MAX_WEIGHT:g} to {MAX_WEIGHT:g}.")
    return value


def read_color_picture(content: bytes) -> Tensor:
    """Return an uploaded picture as channels red, green and blue `(3, H, W)` in [0, 1]. Raises PictureError."""
    image = pictures.read_picture(content).convert("RGBA")
    paper = Image.new("RGBA", image.size, "white")  # behind transparent parts
    paper.alpha_composite(image)
    image = paper.convert("RGB")
    image.thumbnail((SIDE, SIDE))
    return torch.from_numpy(np.asarray(image).transpose(2, 0, 1).copy()) / 255


def apply_filter(picture: Tensor, weights: Tensor) -> Tensor:
    """Return a picture `(channels, H, W)` with a filter `(k, k)` of odd size applied to each channel, in the same size.

    The border is repeated outwards: with zeros around it, every border would be an edge.
    """
    reach = weights.shape[-1] // 2
    padded = functional.pad(picture[None], [reach] * 4, mode="replicate")
    channels = picture.shape[0]
    return functional.conv2d(padded, weights.expand(channels, 1, -1, -1), groups=channels)[0]
