"""A training, drawn: light SVG curves that may change every second, the table of stages, and runs on one chart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from core.visualization.arrays import Picture, to_gray
from core.visualization.signed_colors import NEGATIVE, NEUTRAL, POSITIVE, to_signed

TRAINING, VALIDATION = "#3B82C4", "#D55E00"
MOST_POINTS = 200  # of a curve: more than its pixels could show are thinned out
WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 480, 165, 40, 26, 8, 8
ROUND = [digit * 10.0**power for power in range(-4, 5) for digit in (1, 2, 4, 8)]  # where an axis may end
RUN_COLORS = ("#3B82C4", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8F6BC9", "#A5793B")

STYLE = """<style>
.ns-stages { border-collapse: collapse; font-size: .86rem; line-height: 1.25; width: 100%; max-width: 640px; }
.ns-stages th { text-align: left; font-weight: 600; opacity: .75; font-size: .78rem; }
.ns-stages td, .ns-stages th { padding: .1rem .6rem .1rem 0; border-bottom: 1px solid #8884; white-space: nowrap; }
.ns-stages .ns-number { text-align: right; font-variant-numeric: tabular-nums; }
.ns-stages .ns-total td { font-weight: 700; border-bottom: 0; border-top: 2px solid #8888; }
.ns-stages i { display: block; height: .55rem; background: #3B82C4; border-radius: 2px; min-width: 1px; }
.ns-stages td:last-child { width: 40%; padding-right: 0; }
</style>"""


@dataclass(frozen=True)
class Line:
    """A curve of points (x, y); with `dots` each point is marked."""

    title: str
    color: str
    points: Sequence[tuple[float, float]]
    dots: bool = False


def draw_svg_curves(
    lines: Sequence[Line], *, title: str, x_end: float, limits: tuple[float, float], unit: str = ""
) -> str:
    """Return the curves as SVG for Markdown, x from 0 to `x_end` epochs; what is outside the limits is cut off.

    Its text takes the colour of the page, light or dark.
    """
    low, high = limits
    width, height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def place(x: float, y: float) -> str:
        share = (y - low) / (high - low or 1.0)
        return f"{LEFT + width * x / (x_end or 1):.1f},{TOP + height * (1 - share):.1f}"

    grid = "".join(_tick(low + (high - low) * part / 4, TOP + height * (1 - part / 4), unit) for part in range(5))
    curves = "".join(_curve(line, [place(*point) for point in _thin(line.points)]) for line in lines)
    ends = (
        f'<text x="{LEFT}" y="{HEIGHT - 8}">0</text><text x="{WIDTH - RIGHT}" y="{HEIGHT - 8}" text-anchor="end">'
        f"epoch {x_end:g}</text>"
    )
    return (
        f'<div><b>{escape(title)}</b> {_legend(lines, unit)}</div><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(title)}" style="width:100%;font-size:12px;fill:currentColor">{grid}{ends}'
        f'<svg x="0" y="{TOP - 4}" width="{WIDTH}" height="{height + 8}" viewBox="0 {TOP - 4} {WIDTH} {height + 8}">'
        f"{curves}</svg></svg>"
    )


def _thin(points: Sequence[tuple[float, float]]) -> Sequence[tuple[float, float]]:
    step = -(-len(points) // MOST_POINTS) or 1
    return [*points[:-1:step], *points[-1:]]


def _tick(value: float, y: float, unit: str) -> str:
    line = f'<path d="M{LEFT},{y:.1f}H{WIDTH - RIGHT}" stroke="{NEUTRAL}" stroke-opacity=".3"/>'
    return f'{line}<text x="{LEFT - 5}" y="{y + 4:.1f}" text-anchor="end">{value:.3g}</text>'


def _curve(line: Line, places: Sequence[str]) -> str:
    points = f'<polyline points="{" ".join(places)}" fill="none" stroke="{line.color}" stroke-width="2.5"/>'
    marks = [place.split(",") for place in places] if line.dots else []
    return points + "".join(f'<circle cx="{x}" cy="{y}" r="3.5" fill="{line.color}"/>' for x, y in marks)


def _legend(lines: Sequence[Line], unit: str) -> str:
    named = (
        f'<span style="color:{line.color};white-space:nowrap">&#9644;</span> {escape(line.title)}'
        + (f" <b>{line.points[-1][1]:.4g}{escape(unit)}</b>" if line.points else "")
        for line in lines
    )
    return f'<span style="font-size:.85rem">{" &nbsp; ".join(named)}</span>'


def axis_limits(values: Sequence[float], *, top: float | None = None) -> tuple[float, float]:
    """Return the limits of an axis: from 0 up to just above the values, or from just below them up to `top`.

    The first tenth of the records is let go, where a network still guesses.
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
    """Return a network's table: stage, output, parameters and their sum, and how they are shared out (T11)."""
    most, total = max((row.parameters for row in rows), default=1) or 1, sum(row.parameters for row in rows)
    head = '<tr><th>stage</th><th>output</th><th class="ns-number">parameters</th><th></th></tr>'
    body = "".join(_stage(row, most) for row in rows)
    last = f'<tr class="ns-total"><td>total</td><td></td><td class="ns-number">{total:,}</td><td></td></tr>'
    return f'{STYLE}<table class="ns-stages">{head}{body}{last}</table>'


def _stage(row: StageRow, most: int) -> str:
    shape = " × ".join(map(str, row.shape))
    bar = f'<i style="width:{100 * row.parameters / most:.1f}%"></i>' if row.parameters else ""
    count = f"{row.parameters:,}" if row.parameters else ""
    return f'<tr><td>{escape(row.stage)}</td><td>{shape}</td><td class="ns-number">{count}</td><td>{bar}</td></tr>'


def draw_runs(lines: Sequence[Line], *, x_title: str, y_title: str, beside: Sequence[Line] = ()) -> go.Figure:
    """Return runs on one chart (T6), each with its line `beside` dashed in the same colour."""
    figure = go.Figure()
    for line in (*lines, *beside):
        dashed = line in beside
        figure.add_scatter(
            x=[x for x, _ in line.points],
            y=[y for _, y in line.points],
            name=line.title,
            mode="lines" if dashed else "lines+markers",
            showlegend=not dashed,
            line={"color": line.color, "width": 2 if dashed else 3, "dash": "dot" if dashed else "solid"},
            hovertemplate="%{y:.4g}<extra>" + escape(line.title) + "</extra>",
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
    rows = [_row(list(np.repeat(to_gray(digits)[..., None], 3, -1))), _answers(labels, probabilities)]
    if len(filters):
        rows.append(_row(list(to_signed(filters, limit))))
    rows += [_row(list(np.repeat(to_gray(found)[..., None], 3, -1))) for found in maps if len(found)]
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
