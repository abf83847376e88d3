"""Transfer: pictures in a row, errors while a network is tuned, colour filters, many maps."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.visualization.arrays import (
    CAPTION_GROUND,
    Picture,
    Values,
    arrange,
    draw_frame,
    enlarge,
    to_gray,
)
from core.visualization.labels import Labelled, stack, to_strip
from core.visualization.signed_colors import NEGATIVE

THUMB, GAP, LINE = 56, 4, 24  # pixels of a small picture, between two, and of a line of text
FRAME = 3  # pixels around what is read wrongly


def to_thumb(picture: Picture, side: int = THUMB) -> Picture:
    """Return a picture `(H, W, 3)` as `(side, side, 3)`; a digit is not smoothed."""
    scaling = Image.Resampling.NEAREST if max(picture.shape[:2]) <= 28 else Image.Resampling.BILINEAR
    return np.asarray(Image.fromarray(np.ascontiguousarray(picture)).resize((side, side), scaling))


def draw_strip(pictures: Sequence[Picture], *, side: int = THUMB) -> Picture:
    """Return pictures `(H, W, 3)` beside one another."""
    gap = np.full((side, GAP, 3), CAPTION_GROUND, np.uint8)
    cells = [cell for picture in pictures for cell in (to_thumb(picture, side), gap)]
    return np.concatenate(cells[:-1] or [gap], 1)


def draw_tuning(
    pictures: Sequence[Picture], labels: NDArray[np.int64], predicted: Mapping[str, NDArray[np.int64]]
) -> Labelled:
    """Return a row of the pictures for each name, with red frames around those that it reads wrongly.

    All frames of a run have one size.
    """
    rows = []
    for name, read in predicted.items():
        cells = [
            draw_frame(to_thumb(one), NEGATIVE, width=FRAME) if wrong else to_thumb(one)
            for one, wrong in zip(pictures, read != labels, strict=True)
        ]
        row = draw_strip(cells)
        rows += [to_strip(name, row, height=LINE), Labelled(row)]
    return stack(*rows)


def draw_color_filters(filters: Values, columns: int, *, factor: int) -> Picture:
    """Return filters `(N, 3, k, k)` in the colours that they respond to: grey is zero, all to one scale."""
    shown = 0.5 + filters / (2 * max(float(np.abs(filters).max()), 1e-9))
    cells = [enlarge(to_gray(one), factor) for one in np.moveaxis(shown, 1, -1)]
    return arrange(cells, min(columns, len(cells)), gap=2, ground=128)


def draw_maps(maps: Values, columns: int, *, height: int) -> Picture:
    """Return maps `(N, H, W)` on one grey sheet, white where a map is strongest; a map of zeros is black."""
    width = max(1, round(maps.shape[2] * height / maps.shape[1]))
    cells = [_shrink(one, (width, height)) for one in maps]
    return arrange(cells, columns, gap=GAP, ground=128)


def _shrink(values: Values, size: tuple[int, int]) -> Picture:
    shares = np.clip(values, 0, None) / max(float(values.max()), 1e-9)
    return np.asarray(Image.fromarray(to_gray(shares)).resize(size, Image.Resampling.BILINEAR))
