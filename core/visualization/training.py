"""A training: its curves as SVG, runs on one chart, the table of stages, and a picture of what was learned so far."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import plotly.graph_objects as go
from PIL import Image, ImageDraw

from core.visualization.arrays import CAPTION_GROUND, Picture, Values, arrange, enlarge, to_gray, to_rgb
from core.visualization.figures import LEGEND_ABOVE, MARGIN, Curve
from core.visualization.labels import Label, Labelled, stack
from core.visualization.palette import BLUE, BROWN, GRAY, GREEN, ORANGE, PINK, PURPLE, SKY_BLUE, VERMILION
from core.visualization.rendering import render
from core.visualization.signed_colors import NEGATIVE, POSITIVE, to_signed

TRAINING, VALIDATION = BLUE, VERMILION
MAX_POINTS = 200  # of a curve: more than its pixels could show are thinned out
WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 480, 165, 40, 26, 8, 8
ROUND = [digit * 10.0**power for power in range(-4, 5) for digit in (1, 2, 4, 8)]  # where an axis may end
RUN_COLORS = (BLUE, VERMILION, GREEN, PINK, ORANGE, SKY_BLUE, PURPLE, BROWN)


def draw_svg_curves(
    curves: Sequence[Curve],
    *,
    title: str,
    x_end: float,
    limits: tuple[float, float],
    unit: str = "",
    scale: Callable[[float], float] = float,
    name_tick: Callable[[float], str] = "{:.3g}".format,
) -> str:
    """Return the curves as SVG for Markdown, x from 0 to `x_end` epochs; what is outside the limits is cut off.

    `scale` says where on the axis a value stands, such as its logarithm; limits and ticks are such places. The picture
    is light enough to change every second. Its text takes the colour of the page, light or dark.
    """
    low, high = limits
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM

    def place(x: float, y: float) -> tuple[float, float]:
        share = (scale(y) - low) / (high - low or 1.0)
        return LEFT + (right - LEFT) * x / (x_end or 1), TOP + (bottom - TOP) * (1 - share)

    ticks = [low + (high - low) * part / 4 for part in range(5)]
    heights = [bottom - (bottom - TOP) * part / 4 for part in range(5)]
    drawn = "".join(_tick(name_tick(tick), height) for tick, height in zip(ticks, heights, strict=True))
    lines = "".join(_line(curve, [place(x, y) for x, y in _thin(curve)]) for curve in curves)
    return (
        f'<div class="ns-curves"><b>{escape(title)}</b> {_legend(curves, unit)}'
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">{drawn}'
        f'<text x="{LEFT}" y="{HEIGHT - 8}">0</text>'
        f'<text x="{right}" y="{HEIGHT - 8}" text-anchor="end">epoch {x_end:g}</text>'
        f'<svg y="{TOP - 4}" width="{WIDTH}" height="{bottom - TOP + 8}" viewBox="0 {TOP - 4} {WIDTH} '
        f'{bottom - TOP + 8}">{lines}</svg></svg></div>'
    )


def _tick(name: str, y: float) -> str:
    line = f'<path d="M{LEFT},{y:.1f}H{WIDTH - RIGHT}" stroke="{GRAY}" stroke-opacity=".3"/>'
    return f'{line}<text x="{LEFT - 5}" y="{y + 4:.1f}" text-anchor="end">{name}</text>'


def _line(curve: Curve, places: Sequence[tuple[float, float]]) -> str:
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    line = f'<polyline points="{points}" fill="none" stroke="{curve.color}" stroke-width="2.5"/>'
    dots = (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{curve.color}"/>' for x, y in places if curve.dots)
    return line + "".join(dots)


def _legend(curves: Sequence[Curve], unit: str) -> str:
    named = (
        f'<span class="ns-curve"><i style="background:{curve.color}"></i> {escape(curve.title)}'
        + (f" <b>{curve.y[-1]:.4g}{escape(unit)}</b>" if curve.y else "")
        + "</span>"
        for curve in curves
    )
    return f'<span style="font-size:.875rem">{" &nbsp; ".join(named)}</span>'


def _thin(curve: Curve) -> Sequence[tuple[float, float]]:
    """Return at most about `MAX_POINTS` points, the last one always."""
    points = list(zip(curve.x, curve.y, strict=True))
    step = -(-len(points) // MAX_POINTS) or 1
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
    figure.update_layout(height=400, margin=MARGIN, legend=LEGEND_ABOVE)
    return figure


CELL, COLUMNS, GAP = 28, 10, 4  # pixels of a cell, cells in a row, pixels between
ANSWERS = 17  # pixels below the digits


def draw_snapshot(
    digits: Values, labels: Sequence[int], probabilities: Values, filters: Values, maps: Sequence[Values]
) -> Labelled:
    """Return the picture `(H, W, 3)`, of one size for all steps of a training.

    Filters are blue where positive and red where negative, to the scale of their largest weight.
    """
    limit = float(np.abs(filters).max(initial=1e-6))
    rows = [Labelled(_row(list(to_rgb(to_gray(digits))))), _draw_answers(labels, probabilities)]
    if len(filters):
        rows.append(Labelled(_row(list(to_signed(filters, limit)))))
    rows += [Labelled(_row(list(to_rgb(to_gray(found))))) for found in maps if len(found)]
    return stack(*rows)


def _row(cells: Sequence[Picture]) -> Picture:
    around = (GAP // 2, GAP // 2)
    padded = [np.pad(_fit(cell), (around, around, (0, 0)), constant_values=CAPTION_GROUND) for cell in cells[:COLUMNS]]
    return arrange(padded, COLUMNS, gap=0, ground=CAPTION_GROUND)


def _fit(cell: Picture) -> Picture:
    """Return the cell enlarged by a whole factor, in the middle of a black cell."""
    factor = max(1, CELL // max(cell.shape[:2]))
    large = enlarge(cell, factor)[:CELL, :CELL]
    fitted = np.zeros((CELL, CELL, 3), np.uint8)
    top, left = ((CELL - side) // 2 for side in large.shape[:2])
    fitted[top : top + large.shape[0], left : left + large.shape[1]] = large
    return fitted


def _draw_answers(labels: Sequence[int], probabilities: Values) -> Labelled:
    """Return the predicted classes, blue if right and red if wrong, over bars of their probabilities."""
    sheet = Image.new("RGB", (COLUMNS * (CELL + GAP), ANSWERS), (CAPTION_GROUND,) * 3)
    pen, written = ImageDraw.Draw(sheet), []
    for number, (label, shares) in enumerate(zip(labels, probabilities, strict=False)):
        read, left = int(shares.argmax()), number * (CELL + GAP) + GAP // 2
        color = POSITIVE if read == label else NEGATIVE
        written.append(Label(str(read), left, 0, CELL, ANSWERS - 3, f"#{bytes(color).hex()}"))
        pen.rectangle((left, ANSWERS - 3, left + round((CELL - 1) * float(shares.max())), ANSWERS - 2), fill=color)
    return Labelled(np.asarray(sheet), tuple(written))
