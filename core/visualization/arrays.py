"""Digits -> arrays and bytes that can be shown or downloaded."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

ERASED = (245, 150, 20)  # the orange that means "gone" on the erase canvas
ERASED_GROUND = (92, 52, 8)

Picture = NDArray[np.uint8]


def to_gray(digit: NDArray[np.floating]) -> Picture:
    """Return values in [0, 1] as uint8 0 to 255, same shape."""
    return np.rint(np.clip(digit, 0, 1) * 255).astype(np.uint8)


def enlarge(picture: Picture, factor: int) -> Picture:
    """Repeat every pixel, so that people see the 28x28 grid."""
    return picture.repeat(factor, 0).repeat(factor, 1)


def mark_erased(digit: NDArray[np.floating], mask: NDArray[np.bool_], factor: int) -> Picture:
    """Return the digit enlarged and in colour, what `mask` has erased hatched in the orange that means "gone"."""
    gray = enlarge(to_gray(digit), factor)[..., None]
    row, column = np.indices(gray.shape[:2])
    step = 2 * factor  # diagonals two digit pixels apart
    diagonal = (row + column) % step < max(1, step // 5)
    hatching = np.where(np.expand_dims(diagonal, -1), ERASED, ERASED_GROUND)
    kept = mask.repeat(factor, 0).repeat(factor, 1)
    return np.where(np.expand_dims(kept, -1), gray, hatching).astype(np.uint8)


def contact_sheet(digits: Sequence[NDArray[np.floating]], columns: int, *, factor: int = 2, gap: int = 2) -> Picture:
    """Return the digits on one mid-grey sheet, `columns` in a row; a single grey pixel for none."""
    if not len(digits):
        return np.full((1, 1), 128, np.uint8)
    side = digits[0].shape[0] * factor + gap
    rows = -(-len(digits) // columns)
    sheet = np.full((rows * side + gap, min(columns, len(digits)) * side + gap), 128, np.uint8)
    for number, digit in enumerate(digits):
        top, left = (gap + side * place for place in divmod(number, columns))
        sheet[top : top + side - gap, left : left + side - gap] = enlarge(to_gray(digit), factor)
    return sheet


def to_png(picture: Picture) -> bytes:
    """Return a grey or colour picture as a PNG file."""
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, format="PNG")
    return stream.getvalue()


def to_data_url(picture: Picture) -> str:
    """Return a picture for use within HTML, without a file."""
    return "data:image/png;base64," + base64.b64encode(to_png(picture)).decode()


def tint_erased(digit: NDArray[np.floating], mask: NDArray[np.bool_]) -> Picture:
    """Return the digit in colour, ink where `mask` has erased in orange: what a fill has put there."""
    gray = np.clip(digit, 0, 1)[..., None]
    orange = 20 + gray * (np.array(ERASED) - 20)
    return np.rint(np.where(mask[..., None], 255 * gray, orange)).astype(np.uint8)


def text_color_on(color: Picture) -> str:
    """Return black or white, whichever is easier to read on a colour `(3,)`."""
    return "#000" if float(np.dot(color, (0.3, 0.59, 0.11))) > 115 else "#fff"
