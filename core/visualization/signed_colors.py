"""Signed values as colours: black is zero, blue is positive, red is negative."""

import numpy as np

from core.visualization.arrays import Mask, Picture, Values, arrange, draw_frame, enlarge, mark_erased

POSITIVE = (79, 168, 224)  # blue and red that colour-blind eyes tell apart, on black and on white
NEGATIVE = (240, 82, 107)
CHOSEN = (230, 159, 0)  # the orange of a frame
INK = 0.45  # of its brightness that a digit keeps under coloured evidence


def to_signed(values: Values, limit: float) -> Picture:
    """Return values as colours `(..., 3)`: black at zero, blue up to `limit`, red down to `-limit`."""
    share = np.clip(np.nan_to_num(values) / max(limit, 1e-9), -1, 1)[..., None]
    return np.rint(np.abs(share) * np.where(share > 0, POSITIVE, NEGATIVE)).astype(np.uint8)


def overlay_evidence(digit: Values, mask: Mask, values: Values, *, limit: float, factor: int) -> Picture:
    """Return the digit, what is erased of it hatched, under the light of signed values `(28, 28)`."""
    ground = INK * mark_erased(digit, mask, factor)
    light = to_signed(values, limit).repeat(factor, 0).repeat(factor, 1)
    return np.rint(255 - (255 - ground) * (255.0 - light) / 255).astype(np.uint8)


def draw_signed_sheet(filters: Values, columns: int, *, limit: float, factor: int) -> Picture:
    """Return signed squares `(N, k, k)` on one sheet in colour; its lines are grey, zero is black."""
    cells = [enlarge(square, factor) for square in to_signed(filters, limit)]
    return arrange(cells, min(columns, len(cells)), gap=2, ground=128)


def draw_signed_maps(maps: Values, *, columns: int, limit: float, factor: int, chosen: int | None = None) -> Picture:
    """Return maps `(N, H, W)` on one grey sheet in signed colours, the chosen one in an orange frame."""
    sheet = arrange([enlarge(one, factor) for one in to_signed(maps, limit)], columns, gap=2, ground=96)
    if chosen is not None:
        height, width = (factor * side for side in maps.shape[1:])
        top, left = (number * (side + 2) for number, side in zip(divmod(chosen, columns), (height, width), strict=True))
        place = sheet[top : top + height + 4, left : left + width + 4]
        place[:] = draw_frame(place, CHOSEN, width=2)
    return sheet
