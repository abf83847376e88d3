"""A network while it learns, as one small picture: ten digits and their answers, filters, and feature maps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from core.visualization.absent_features import AGAINST, FOR, to_signed
from core.visualization.arrays import Picture, to_gray

CELL, COLUMNS, GAP = 28, 10, 4  # pixels of a cell, cells in a row, pixels between
ANSWERS = 17  # pixels below the digits
GROUND = 40  # grey between the cells


def draw_growth(
    digits: NDArray[np.floating],
    labels: Sequence[int],
    probabilities: NDArray[np.floating],
    filters: NDArray[np.floating],
    maps: Sequence[NDArray[np.floating]],
) -> Picture:
    """Return the picture `(H, W, 3)`, of one size for all moments of a training.

    Filters are blue where positive and red where negative, to the scale of their largest weight.
    """
    limit = float(np.abs(filters).max(initial=1e-6))
    rows = [_row(list(np.repeat(to_gray(digits)[..., None], 3, -1))), _answers(labels, probabilities)]
    if len(filters):
        rows.append(_row(list(to_signed(filters, limit))))
    rows += [_row(list(np.repeat(to_gray(found)[..., None], 3, -1))) for found in maps if len(found)]
    return np.concatenate(rows)


def _row(cells: Sequence[Picture]) -> Picture:
    row = np.full((CELL + GAP, COLUMNS * (CELL + GAP), 3), GROUND, np.uint8)
    for number, cell in enumerate(cells[:COLUMNS]):
        left = number * (CELL + GAP) + GAP // 2
        row[GAP // 2 : GAP // 2 + CELL, left : left + CELL] = _fit(cell)
    return row


def _fit(cell: Picture) -> Picture:
    """Return the cell as large as it goes without blurring its pixels, in the middle of a black one."""
    factor = max(1, CELL // max(cell.shape[:2]))
    large = cell.repeat(factor, 0).repeat(factor, 1)[:CELL, :CELL]
    fitted = np.zeros((CELL, CELL, 3), np.uint8)
    top, left = ((CELL - side) // 2 for side in large.shape[:2])
    fitted[top : top + large.shape[0], left : left + large.shape[1]] = large
    return fitted


def _answers(labels: Sequence[int], probabilities: NDArray[np.floating]) -> Picture:
    """Return how each digit is read, blue when right and red when not, over a bar of how sure."""
    sheet = Image.new("RGB", (COLUMNS * (CELL + GAP), ANSWERS), (GROUND,) * 3)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(12)
    for number, (label, shares) in enumerate(zip(labels, probabilities, strict=False)):
        read, left = int(shares.argmax()), number * (CELL + GAP) + GAP // 2
        color = FOR if read == label else AGAINST
        pen.text((left + CELL / 2, 0), str(read), fill=color, font=font, anchor="ma")
        pen.rectangle((left, ANSWERS - 3, left + round((CELL - 1) * float(shares.max())), ANSWERS - 2), fill=color)
    return np.asarray(sheet)
