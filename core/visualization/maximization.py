"""Pictures that excite neurons on one sheet: what each is called, what the network says now, and how sure it is."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from core.visualization.arrays import Picture, enlarge, to_gray

GROUND = 40  # grey between the cells
GAP = 4
LINE = 14  # pixels of a caption
INK, FAINT = 235, 150  # greys of what is written
DEAD = 70  # grey of the bars across a neuron that nothing wakes
MOST_FRAMES = 100  # of an animation


@dataclass(frozen=True)
class Layout:
    """How a sheet is laid out; the same for all moments of a climb."""

    columns: int
    factor: int = 2
    """Pixels of the sheet for one of a picture."""


def layout_for(count: int) -> Layout:
    """Return a layout that is about twice as wide as it is high: five digits in a row, nine of 32 maps."""
    return Layout(max(1, count), 4) if count <= 5 else Layout(ceil((2.4 * count) ** 0.5))


def draw_sheet(
    pictures: NDArray[np.floating],
    captions: Sequence[str],
    layout: Layout,
    *,
    shares: Sequence[float] | None = None,
    dead: Sequence[bool] | None = None,
) -> Picture:
    """Return the pictures `(N, 28, 28)` in [0, 1] as one grey sheet `(H, W)`, a caption under each.

    `shares` are drawn as bars under the captions; what is `dead` is crossed out, not shown as if it were an answer.
    """
    side = pictures.shape[1] * layout.factor
    cells = [
        np.concatenate(
            [
                _cross_out(picture, layout.factor)
                if dead is not None and dead[number]
                else enlarge(to_gray(picture), layout.factor),
                _caption(captions[number], side),
                _bar(shares[number] if shares is not None else 0.0, side),
            ]
        )
        for number, picture in enumerate(pictures)
    ]
    rows = -(-len(cells) // layout.columns)
    height, width = cells[0].shape[0] + GAP, side + GAP
    sheet = np.full((rows * height + GAP, min(layout.columns, len(cells)) * width + GAP), GROUND, np.uint8)
    for number, cell in enumerate(cells):
        row, column = divmod(number, layout.columns)
        sheet[GAP + row * height :, GAP + column * width :][: cell.shape[0], :side] = cell
    return sheet


def _cross_out(picture: NDArray[np.floating], factor: int) -> Picture:
    side = picture.shape[0] * factor
    row, column = np.indices((side, side))
    return np.where((row + column) % (4 * factor) < factor, DEAD, 0).astype(np.uint8)


@lru_cache(maxsize=4096)
def _caption(text: str, width: int) -> Picture:
    """Return a line of text; climbing pictures have nearly the same captions from step to step."""
    line = Image.new("L", (width, LINE), GROUND)
    ImageDraw.Draw(line).text((width / 2, 0), text, fill=INK, font=ImageFont.load_default(11), anchor="ma")
    return np.asarray(line)


def _bar(share: float, width: int) -> Picture:
    bar = np.full((2, width), GROUND, np.uint8)
    bar[:, : round(width * min(1.0, max(0.0, share)))] = FAINT
    return bar


def to_animation(pictures: Sequence[Picture], *, seconds: float = 8.0) -> bytes:
    """Return grey sheets of one size as an animated PNG that plays for ever and rests at its end."""
    kept = [pictures[round(at)] for at in np.linspace(0, len(pictures) - 1, min(len(pictures), MOST_FRAMES))]
    first, *others = [Image.fromarray(picture) for picture in kept]
    each = max(20, round(1000 * seconds / len(kept)))
    stream = io.BytesIO()
    first.save(stream, "PNG", save_all=True, append_images=others, duration=[each] * len(others) + [1500], loop=0)
    return stream.getvalue()
