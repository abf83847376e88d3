"""Signed values as colours: black is zero, blue is positive, red is negative."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.visualization.arrays import Picture, contact_sheet, enlarge, mark_erased

POSITIVE, NEGATIVE = (
    (79, 168, 224),
    (240, 82, 107),
)  # blue and red that colour-blind eyes tell apart, on black and on white


NEUTRAL = "#8A8F98"


INK = 0.45  # of its brightness that a digit keeps under coloured evidence


def to_signed(values: NDArray[np.floating], limit: float) -> Picture:
    """Return values as colours `(..., 3)`: black at zero, blue up to `limit`, red down to `-limit`."""
    share = np.clip(np.nan_to_num(values) / max(limit, 1e-9), -1, 1)[..., None]
    return np.rint(np.abs(share) * np.where(share > 0, POSITIVE, NEGATIVE)).astype(np.uint8)


def overlay_evidence(
    digit: NDArray[np.floating], mask: NDArray[np.bool_], values: NDArray[np.floating], *, limit: float, factor: int
) -> Picture:
    """Return the digit, what is erased of it hatched, under the light of signed values `(28, 28)`."""
    ground = INK * mark_erased(digit, mask, factor)
    light = to_signed(values, limit).repeat(factor, 0).repeat(factor, 1)
    return np.rint(255 - (255 - ground) * (255.0 - light) / 255).astype(np.uint8)


def draw_signed_sheet(filters: NDArray[np.floating], columns: int, *, limit: float, factor: int) -> Picture:
    """Return signed squares `(N, k, k)` on one sheet in colour; its lines are grey, zero is black."""
    channels = [
        contact_sheet(list(channel), columns, factor=factor)
        for channel in np.moveaxis(to_signed(filters, limit) / 255, -1, 0)
    ]
    return np.stack(channels, -1)


def draw_signed_maps(
    maps: NDArray[np.floating], *, columns: int, limit: float, factor: int, chosen: int | None = None
) -> Picture:
    """Return maps `(N, H, W)` on one grey sheet in signed colours, the chosen one in an orange frame."""
    count, height, width = maps.shape
    rows, gap = -(-count // columns), 2
    sheet = np.full((rows * (height * factor + gap) + gap, columns * (width * factor + gap) + gap, 3), 96, np.uint8)
    for number in range(count):
        row, column = divmod(number, columns)
        top, left = gap + row * (height * factor + gap), gap + column * (width * factor + gap)
        if number == chosen:
            sheet[top - gap : top + height * factor + gap, left - gap : left + width * factor + gap] = (230, 159, 0)
        tile = enlarge(to_signed(maps[number], limit), factor)
        sheet[top : top + height * factor, left : left + width * factor] = tile
    return sheet
