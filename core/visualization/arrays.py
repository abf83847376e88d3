"""Digits -> arrays and bytes that can be shown or downloaded."""

import base64
import io
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

ERASED = (245, 150, 20)  # the orange that means "gone" on the erase canvas
ERASED_GROUND = (92, 52, 8)
MAX_REMEMBERED = 100_000  # bytes of a picture whose file is kept: 25 MB of all
CAPTION_GROUND = 40  # the grey behind captions and between pictures

Picture = NDArray[np.uint8]  # grey `(H, W)` or colour `(H, W, 3)`
Values = NDArray[np.floating]
Mask = NDArray[np.bool_]  # True = kept


def to_gray(digit: Values) -> Picture:
    """Return values in [0, 1] as uint8 0 to 255, same shape."""
    return np.rint(np.clip(digit, 0, 1) * 255).astype(np.uint8)


def enlarge(picture: Picture, factor: int) -> Picture:
    """Repeat every pixel, so that the 28x28 grid is visible."""
    return picture.repeat(factor, 0).repeat(factor, 1)


def mark_erased(digit: Values, mask: Mask, factor: int) -> Picture:
    """Return the digit enlarged and in colour, what `mask` has erased hatched in the orange that means "gone"."""
    gray = enlarge(to_gray(digit), factor)
    kept = mask.repeat(factor, 0).repeat(factor, 1)
    return np.where(kept[..., None], gray[..., None], _hatching(*gray.shape, 2 * factor))


@lru_cache(maxsize=16)
def _hatching(height: int, width: int, step: int) -> Picture:
    """Return diagonals that are `step` pixels apart; most pages need one or two sizes, all the time."""
    row, column = np.indices((height, width))
    diagonal = (row + column) % step < max(1, step // 5)
    return np.where(diagonal[..., None], ERASED, ERASED_GROUND).astype(np.uint8)


def to_rgb(picture: Picture) -> Picture:
    """Return a grey picture `(H, W)` as `(H, W, 3)`."""
    return np.repeat(picture[..., None], 3, -1)


def arrange(cells: Sequence[Picture], columns: int, *, gap: int, ground: int) -> Picture:
    """Return pictures of one size, grey or colour, on a sheet of grey `ground`, `gap` pixels around each."""
    height, width, *channels = cells[0].shape
    rows = -(-len(cells) // columns)
    sheet = np.full((rows * (height + gap) + gap, columns * (width + gap) + gap, *channels), ground, np.uint8)
    for number, cell in enumerate(cells):
        row, column = divmod(number, columns)
        sheet[gap + row * (height + gap) :, gap + column * (width + gap) :][:height, :width] = cell
    return sheet


def contact_sheet(digits: Sequence[Values], columns: int, *, factor: int = 2, gap: int = 2) -> Picture:
    """Return the digits on one mid-grey sheet, at most `columns` in a row; a single grey pixel for none."""
    if not len(digits):
        return np.full((1, 1), 128, np.uint8)
    cells = [enlarge(to_gray(digit), factor) for digit in digits]
    return arrange(cells, min(columns, len(cells)), gap=gap, ground=128)


def draw_frame(picture: Picture, color: tuple[int, int, int], *, width: int = 1) -> Picture:
    """Return a colour picture with a frame over its outermost pixels."""
    framed = picture.copy()
    for edge in (framed[:width], framed[-width:], framed[:, :width], framed[:, -width:]):
        edge[:] = color
    return framed


def mark_part(picture: Picture, box: tuple[int, int, int, int]) -> Picture:
    """Return a colour picture with a frame around a part of it (left, top, right, bottom), and the rest darker."""
    left, top, right, bottom = box
    marked = picture // 2
    marked[top:bottom, left:right] = draw_frame(picture[top:bottom, left:right], ERASED, width=2)
    return marked


def to_png(picture: Picture) -> bytes:
    """Return a grey or colour picture as a PNG file."""
    if picture.nbytes > MAX_REMEMBERED:
        return _encode(picture)
    return _encode_once(picture.tobytes(), picture.shape)


@lru_cache(maxsize=256)
def _encode_once(pixels: bytes, shape: tuple[int, ...]) -> bytes:
    """Encode a picture that pages show again and again, and a class all at once: encoding takes longer than drawing."""
    return _encode(np.frombuffer(pixels, np.uint8).reshape(shape))


def _encode(picture: Picture) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, format="PNG")
    return stream.getvalue()


def to_data_url(picture: Picture) -> str:
    """Return a picture for use within HTML, without a file."""
    return "data:image/png;base64," + base64.b64encode(to_png(picture)).decode()


def tint_erased(digit: Values, mask: Mask) -> Picture:
    """Return the digit in colour, ink where `mask` has erased in orange: what a fill has put there."""
    gray = np.clip(digit, 0, 1)[..., None]
    orange = 20 + gray * (np.array(ERASED) - 20)
    return np.rint(np.where(mask[..., None], 255 * gray, orange)).astype(np.uint8)


def text_color_on(color: Picture) -> str:
    """Return black or white, whichever is easier to read on a colour `(3,)`."""
    return "#000" if float(np.dot(color, (0.3, 0.59, 0.11))) > 115 else "#fff"
