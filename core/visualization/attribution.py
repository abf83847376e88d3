"""Why this class, drawn: a row of pictures for each network, and one digit under many holes.

Signed colours throughout: black is zero, blue speaks for the class, red against it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

from core.visualization.arrays import ERASED, Picture, enlarge, mark_erased, to_data_url
from core.visualization.signed_colors import INK, overlay_evidence, to_signed

DIM = 0.6  # of the ink under colours: most of them lie on it, and on white they cannot be told apart

STYLE = """<style>
.ns-why { display: grid; gap: .5rem .55rem;
  grid-template-columns: minmax(5.5rem, 7.5rem) repeat(var(--ns-columns), minmax(0, var(--ns-max_width))); }
.ns-why h6 { margin: 0; padding: 0; font-size: .8rem; line-height: 1.15; align-self: end; overflow-wrap: break-word;
  hyphens: auto; }
.ns-why-name { border-left: 4px solid var(--ns); padding-left: .45rem; font-size: .84rem; line-height: 1.2;
  align-self: center; }
.ns-why-name b { display: block; font-size: .92rem; }
.ns-why-name b + b { font-size: 1.7rem; line-height: 1.1; color: var(--ns); }
.ns-why figure { margin: 0; min-width: 0; }
.ns-why img { display: block; width: 100%; aspect-ratio: 1; background: #000; image-rendering: pixelated; }
.ns-why figcaption { font-size: .72rem; opacity: .8; line-height: 1.2; padding-top: .1rem; }
.ns-why-none { font-size: .74rem; line-height: 1.2; opacity: .75; align-self: center; overflow-wrap: break-word; }
@media (max-width: 640px) {
  .ns-why { grid-template-columns: repeat(var(--ns-columns), minmax(0, 1fr)); gap: .35rem .3rem; }
  .ns-why-corner { display: none; }
  .ns-why h6 { font-size: .66rem; }
  .ns-why-name { grid-column: 1 / -1; }
  .ns-why-name b, .ns-why-name b + b { display: inline; font-size: .95rem; padding-right: .4rem; }
}
</style>"""


@dataclass(frozen=True, eq=False)
class PictureCell:
    """One picture of a row, or, where there is none, a sentence that says why."""

    picture: Picture | None
    caption: str


@dataclass(frozen=True, eq=False)
class NetworkRow:
    """A network, what it reads, and its pictures."""

    title: str
    color: str
    reads: str
    note: str
    shown: Sequence[PictureCell]


def draw_network_rows(rows: Sequence[NetworkRow], columns: Sequence[str], *, max_width: str = "8.2rem") -> str:
    """Return as HTML a row for each network under the names of the columns; on a phone its name stands above it.

    `max_width` is a picture's width where there is room for it.
    """
    heads = "".join(f"<h6>{escape(name)}</h6>" for name in columns)
    cells = "".join(_name(row) + "".join(map(_cell, row.shown)) for row in rows)
    style = f'style="--ns-columns:{len(columns)};--ns-max_width:{max_width}"'
    return f'{STYLE}<div class="ns-why" {style}><span class="ns-why-corner"></span>{heads}{cells}</div>'


def _name(row: NetworkRow) -> str:
    words = f"<b>{escape(row.title)}</b><b>{escape(row.reads)}</b>{escape(row.note)}"
    return f'<div class="ns-why-name" style="--ns:{row.color}">{words}</div>'


def _cell(shown: PictureCell) -> str:
    words = escape(shown.caption)
    if shown.picture is None:
        return f'<div class="ns-why-none">{words}</div>'
    image = f'<img src="{to_data_url(shown.picture)}" alt="{words}">'
    return f"<figure>{image}<figcaption>{words}</figcaption></figure>"


def draw_attribution(
    digit: NDArray[np.floating], mask: NDArray[np.bool_], values: NDArray[np.floating], *, limit: float
) -> Picture:
    """Return the digit under signed values `(28, 28)` that are full at `limit`."""
    return overlay_evidence(DIM * digit, mask, values, limit=limit, factor=4)


def draw_hole_map(digit: NDArray[np.floating], values: NDArray[np.floating], size: int, *, factor: int) -> Picture:
    """Return values `(rows, columns)` in [-1, 1] of each place of a hole, over the part of the digit its middle is in.

    The digit shines through as a lighter shade.
    """
    first = (size - 1) // 2
    rows, columns = values.shape
    ground = DIM * INK * digit[first : first + rows, first : first + columns, None]
    mixed = 1 - (1 - ground) * (1 - to_signed(values, 1.0) / 255.0)
    return enlarge(np.rint(255 * mixed).astype(np.uint8), factor)


def draw_hole_counts(
    digit: NDArray[np.floating], counts: NDArray[np.int64], most: int, size: int, *, factor: int
) -> Picture:
    """Return how many of `most` networks are right at each place: blue where all are, red where none, black at half."""
    return draw_hole_map(digit, 2 * counts / max(1, most) - 1, size, factor=factor)


def draw_erasure(
    digit: NDArray[np.floating], before: NDArray[np.bool_], after: NDArray[np.bool_], *, factor: int = 5
) -> Picture:
    """Return the digit, what was missing `before` hatched, and in full orange what is erased now: single pixels too."""
    now = enlarge((before & ~after).astype(np.uint8), factor)[..., None] > 0
    return np.where(now, np.array(ERASED, np.uint8), mark_erased(digit, before, factor))
