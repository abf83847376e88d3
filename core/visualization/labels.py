"""Pictures with labels that are not pixels: a page writes them as text, sharp at any size; in files they are drawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageColor, ImageDraw, ImageFont

from core.visualization.arrays import CAPTION_GROUND, Picture, arrange

INK, FAINT = "#ebebeb", "#a0a0a0"
TYPE = 0.8  # of a label's height: the size of its type


class Label(NamedTuple):
    """A line of text in the middle of a box, which is in the picture's pixels."""

    text: str
    left: float
    top: float
    width: float
    height: float
    color: str = INK
    """`#rrggbb`."""


@dataclass(frozen=True, eq=False)
class Labelled:
    """A picture, grey `(H, W)` or colour `(H, W, 3)`, and its labels."""

    picture: Picture
    labels: tuple[Label, ...] = ()


def to_strip(text: str, like: Picture, *, height: int, color: str = INK) -> Labelled:
    """Return dark grey as wide as the picture `like`, and as colourful, with a label on it."""
    _, width, *channels = like.shape
    ground = np.full((height, width, *channels), CAPTION_GROUND, np.uint8)
    return Labelled(ground, (Label(text, 0, 0, width, height, color),))


def stack(*parts: Labelled) -> Labelled:
    """Return pictures of one width below each other."""
    return _join(parts, 0)


def put_beside(*parts: Labelled) -> Labelled:
    """Return pictures of one height beside each other."""
    return _join(parts, 1)


def _join(parts: Sequence[Labelled], axis: int) -> Labelled:
    starts = np.cumsum([0, *(part.picture.shape[axis] for part in parts)]).tolist()
    labels = [_move(part, *((0, start) if axis else (start, 0))) for part, start in zip(parts, starts, strict=False)]
    return Labelled(np.concatenate([part.picture for part in parts], axis), sum(labels, ()))


def arrange_labelled(cells: Sequence[Labelled], columns: int, *, gap: int) -> Labelled:
    """Return pictures of one size on a dark grey sheet, `gap` pixels around each."""
    height, width = cells[0].picture.shape[:2]
    sheet = arrange([cell.picture for cell in cells], columns, gap=gap, ground=CAPTION_GROUND)
    places = [divmod(number, columns) for number in range(len(cells))]
    moved = [
        _move(cell, gap + row * (height + gap), gap + column * (width + gap))
        for cell, (row, column) in zip(cells, places, strict=True)
    ]
    return Labelled(sheet, sum(moved, ()))


def _move(part: Labelled, down: int, right: int) -> tuple[Label, ...]:
    return tuple(one._replace(left=one.left + right, top=one.top + down) for one in part.labels)


def draw_labels(labelled: Labelled) -> Picture:
    """Return the picture with its labels as pixels, for a file."""
    sheet = Image.fromarray(labelled.picture)
    pen = ImageDraw.Draw(sheet)
    for one in labelled.labels:
        middle = one.left + one.width / 2, one.top + one.height / 2
        font = ImageFont.load_default(round(TYPE * one.height))
        pen.text(middle, one.text, fill=ImageColor.getcolor(one.color, sheet.mode), font=font, anchor="mm")
    return np.asarray(sheet)
