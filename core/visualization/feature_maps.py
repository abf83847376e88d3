"""Many maps or filters as one picture, a pixel for each value, in signed colours: zero is black everywhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np

from core.system.number_format import format_range, format_short
from core.visualization.arrays import Picture, Values, arrange
from core.visualization.signed_colors import to_signed

SIZES = ((20, 30, 56), (10, 22, 36), (6, 20, 30), (2, 16, 26))  # from which side on: pixels on the screen, least, most
UNITS, FEW_UNITS = (5, 12), (18, 26)


@dataclass(frozen=True, eq=False)
class Tiles:
    """Small pictures of one size, packed without gaps row by row; `names` says what each is, in order."""

    picture: Picture
    width: int
    height: int
    names: Sequence[str]


def color_limits(sheets: Sequence[Values], *, per_map: bool, clipped: float = 0.0) -> Values:
    """Return the value of full colour for each map `(N,)` of sheets `(N, H, W)` that are to be compared.

    `per_map`: every map to its own strongest value, else all to the strongest of all; the share
    `clipped` of the values may lie outside.
    """
    strongest = np.max([np.abs(values).max(axis=(1, 2)) for values in sheets], axis=0)
    shared = max(float(np.quantile(np.abs(values), 1 - clipped)) for values in sheets)
    limits: Values = strongest if per_map else np.full_like(strongest, shared)
    return np.where(limits > 0, limits, 1.0)


def draw_tiles(values: Values, limits: Values, names: Sequence[str]) -> Tiles:
    """Return maps `(N, H, W)` as tiles: black at zero, blue up to each map's limit `(N,)`, red down to minus it."""
    count, height, width = values.shape
    columns = ceil((count * height / width) ** 0.5)
    colors = to_signed(values / limits[:, None, None], 1.0)
    return Tiles(arrange(list(colors), columns, gap=0, ground=0), width, height, names)


def name_maps(values: Values, what: str) -> list[str]:
    """Return each map's name with the range of its values."""
    lows, highs = values.min(axis=(1, 2)), values.max(axis=(1, 2))
    return [
        f"{what} {number}: {format_range(low, high)}"
        for number, (low, high) in enumerate(zip(lows.tolist(), highs.tolist(), strict=True))
    ]


def name_filters(squares: Values, read: int, made: int) -> list[str]:
    """Return the name of each square `(in * out, k, k)` of a layer's filters with the range of its weights."""
    ranges = [words.partition(": ")[2] for words in name_maps(squares, "")]
    over = [f" over map {number // made}" if read > 1 else "" for number in range(read * made)]
    return [f"filter {number % made}{over[number]}: {words}" for number, words in enumerate(ranges)]


def name_places(values: Values) -> list[str]:
    """Return the place and the number of each value of a map `(H, W)`."""
    return [
        f"row {row}, column {column}: {format_short(float(values[row, column]))}"
        for row, column in np.ndindex(*values.shape)
    ]


def tile_size(side: int, count: int) -> tuple[int, int]:
    """Return the least and the most pixels of screen for each of `count` maps of `side` places: maps visibly shrink."""
    if side == 1:
        return FEW_UNITS if count <= 20 else UNITS
    return next((least, most) for start, least, most in SIZES if side >= start)


def draw_legend() -> str:
    """Return what signed colours mean, as HTML."""
    return '<div class="ns-legend">negative<span></span>positive; 0 is black</div>'
