"""A training: its curves as SVG, runs on one chart, the table of stages, and a picture of what was learned so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from core.visualization.arrays import Picture, to_gray, to_rgb
from core.visualization.figures import Curve
from core.visualization.rendering import render
from core.visualization.signed_colors import NEGATIVE, POSITIVE, to_signed

TRAINING, VALIDATION = "#3B82C4", "#D55E00"
MOST_POINTS = 200  # of a curve: more than its pixels could show are thinned out
WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 480, 165, 40, 26, 8, 8
ROUND = [digit * 10.0**power for power in range(-4, 5) for digit in (1, 2, 4, 8)]  # where an axis may end
RUN_COLORS = ("#3B82C4", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8F6BC9", "#A5793B")


def draw_svg_curves(
    curves: Sequence[Curve], *, title: str, x_end: float, limits: tuple[float, float], unit: str = ""
) -> str:
    """Return the curves as SVG for Markdown, x from 0 to `x_end` epochs; what is outside the limits is cut off.

    It is light enough to change every second. Its text takes the colour of the page, light or dark.
    """
    low, high = limits
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM

    def place(x: float, y: float) -> str:
        share = (y - low) / (high - low or 1.0)
        return f"{LEFT + (right - LEFT) * x / (x_end or 1):.1f},{TOP + (bottom - TOP) * (1 - share):.1f}"

    ticks = [(low + (high - low) * part / 4, TOP + (bottom - TOP) * (1 - part / 4)) for part in range(5)]
    lines = [(curve, [place(x, y) for x, y in _thin(curve)]) for curve in curves]
    box = {"width": WIDTH, "height": HEIGHT, "left": LEFT, "right": right, "top": TOP, "bottom": bottom}
    texts = {"title": title, "x_end": x_end, "unit": unit}
    return render("svg_curves.html", curves=curves, lines=lines, ticks=ticks, **box, **texts)


def _thin(curve: Curve) -> Sequence[tuple[float, float]]:
    """Return at most about `MOST_POINTS` points, the last one always."""
    points = list(zip(curve.x, curve.y, strict=True))
    step = -(-len(points) // MOST_POINTS) or 1
    return [*points[:-1:step], *points[-1:]]


def axis_limits(values: Sequence[float], *, top: float | None = None) -> tuple[float, float]:
    """Return the limits of an axis: from 0 up to just above the values, or from just below them up to `top`.

    The first tenth of the records is left out, where a network still guesses.
    """
    late = list(values)[len(values) // 10 :]
    if not late:
        return (0.0, top or 1.0)
    if top is None:
        return (0.0, next(limit for limit in ROUND if limit >= min(max(late), ROUND[-1])))
    step = next((one for one in (1, 2, 5, 10, 20, 50) if top - min(late) <= 4 * one), top / 4)
    return (max(0.0, top - 4 * step), top)


@dataclass(frozen=True)
class StageRow:
    """A line of a network's table."""

    stage: str
    shape: tuple[int, ...]
    parameters: int


def draw_stage_table(rows: Sequence[StageRow]) -> str:
    """Return a network's table as HTML: stage, output shape, parameters with their sum, and a bar for each count."""
    counts = [row.parameters for row in rows]
    return render("stage_table.html", rows=rows, most=max(counts, default=1), total=sum(counts))


def draw_runs(curves: Sequence[Curve], *, x_title: str, y_title: str, beside: Sequence[Curve] = ()) -> go.Figure:
    """Return runs on one chart, each with its curve `beside` dotted in the same colour."""
    figure = go.Figure()
    for curve in (*curves, *beside):
        dashed = curve in beside
        figure.add_scatter(
            x=list(curve.x),
            y=list(curve.y),
            name=curve.title,
            mode="lines" if dashed else "lines+markers",
            showlegend=not dashed,
            line={"color": curve.color, "width": 2 if dashed else 3, "dash": "dot" if dashed else "solid"},
            hovertemplate="%{y:.4g}<extra>" + escape(curve.title) + "</extra>",
        )
    figure.update_xaxes(title=x_title, rangemode="tozero")
    figure.update_yaxes(title=y_title)
    figure.update_layout(
        height=400,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"},
    )
    return figure


CELL, COLUMNS, GAP = 28, 10, 4  # pixels of a cell, cells in a row, pixels between
ANSWERS = 17  # pixels below the digits
GROUND = 40  # grey between the cells


def draw_snapshot(
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
    rows = [_row(list(to_rgb(to_gray(digits)))), _answers(labels, probabilities)]
    if len(filters):
        rows.append(_row(list(to_signed(filters, limit))))
    rows += [_row(list(to_rgb(to_gray(found)))) for found in maps if len(found)]
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
        color = POSITIVE if read == label else NEGATIVE
        pen.text((left + CELL / 2, 0), str(read), fill=color, font=font, anchor="ma")
        pen.rectangle((left, ANSWERS - 3, left + round((CELL - 1) * float(shares.max())), ANSWERS - 2), fill=color)
    return np.asarray(sheet)
