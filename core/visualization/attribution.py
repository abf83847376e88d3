"""Why this class: a row of pictures for each network, and one digit under many holes.

Signed colours throughout: black is zero, blue supports the class, red opposes it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from core.visualization import palette
from core.visualization.arrays import ERASED, ERASED_GROUND, Mask, Picture, Values, enlarge, mark_erased, to_gray
from core.visualization.figures import Curve, draw_curves
from core.visualization.rendering import render
from core.visualization.signed_colors import INK, overlay_evidence, to_signed

SYLLABLES = {  # of titles over narrow columns
    "Deconvnet": "Deconv\u00adnet",
    "Saliency": "Sali\u00adency",
    "Integrated gradients": "Inte\u00adgrated gradi\u00adents",
    "Occlusion": "Occlu\u00adsion",
}
METHOD_COLORS = {
    "deconvnet": palette.VERMILION,
    "saliency": palette.GREEN,
    "integrated": palette.BLUE,
    "grad-cam": palette.PURPLE,
    "occlusion": palette.ORANGE,
    "brightness": palette.PINK,
    "random": palette.GRAY,
}
DIM = 0.6  # of the ink under colours: most of them lie on it, and on white they cannot be told apart


@dataclass(frozen=True, eq=False)
class PictureCell:
    """A picture with its caption, or, where there is none, a sentence that says why."""

    picture: Picture | None
    caption: str


@dataclass(frozen=True, eq=False)
class NetworkRow:
    """A network, its answer, and its pictures."""

    title: str
    color: str
    answer: str
    note: str
    cells: Sequence[PictureCell]


def draw_network_rows(rows: Sequence[NetworkRow], columns: Sequence[str], *, max_width: str = "8.2rem") -> str:
    """Return as HTML a row for each network under the names of the columns; on a phone its name stands above it.

    A picture is at most `max_width` (a CSS length) wide.
    """
    titles = [SYLLABLES.get(title, title) for title in columns]
    return render("network_rows.html", rows=rows, columns=titles, max_width=max_width)


def draw_attribution(digit: Values, mask: Mask, values: Values, *, limit: float) -> Picture:
    """Return the digit under signed values `(28, 28)` that are full at `limit`."""
    return overlay_evidence(DIM * digit, mask, values, limit=limit, factor=4)


def draw_hole_map(digit: Values, values: Values, size: int, *, factor: int) -> Picture:
    """Return values `(rows, columns)` in [-1, 1] of each place of a hole, over the part of the digit its middle is in.

    The digit shines through as a lighter shade.
    """
    first = (size - 1) // 2
    rows, columns = values.shape
    ground = DIM * INK * digit[first : first + rows, first : first + columns, None]
    mixed = 1 - (1 - ground) * (1 - to_signed(values, 1.0) / 255.0)
    return enlarge(np.rint(255 * mixed).astype(np.uint8), factor)


def draw_hole_counts(digit: Values, counts: NDArray[np.int64], most: int, size: int, *, factor: int) -> Picture:
    """Return how many of `most` networks are right at each place: blue where all are, red where none, black at half."""
    return draw_hole_map(digit, 2 * counts / max(1, most) - 1, size, factor=factor)


def draw_erasure(digit: Values, before: Mask, after: Mask, *, factor: int = 5) -> Picture:
    """Return the digit, what was missing `before` hatched, and in orange what is erased now, over the ink there."""
    now = enlarge((before & ~after).astype(np.uint8), factor)[..., None] > 0
    ink = enlarge(to_gray(digit), factor)[..., None] / 255
    tinted = np.rint(ink * np.array(ERASED) + (1 - ink) * np.array(ERASED_GROUND)).astype(np.uint8)
    return np.where(now, tinted, mark_erased(digit, before, factor))


def draw_erasing_curves(
    curves: Sequence[Curve], band: tuple[Sequence[float], Sequence[float]], *, x_title: str, y_title: str
) -> go.Figure:
    """Return curves of probabilities in percent; the last is of random orders, with a `band` from low to high."""
    figure = draw_curves(curves, x_title=x_title, y_title=y_title)
    along, (low, high) = list(curves[-1].x), band
    figure.add_scatter(
        x=[*along, *reversed(along)],
        y=[*low, *reversed(high)],
        fill="toself",
        mode="none",
        fillcolor="rgba(138, 143, 152, 0.3)",
        hoverinfo="skip",
        showlegend=False,
    )
    figure.update_traces(mode="lines", selector={"mode": "lines+markers"})
    return figure.update_layout(height=420)  # on a phone the legend takes seven lines of it
