"""The lesson, drawn as HTML: windows number by number, where windows land, a network's shapes, a digit's way."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from core.visualization.arrays import Picture, enlarge, text_color_on, to_data_url
from core.visualization.figures import MARK
from core.visualization.number_format import format_short
from core.visualization.signed_colors import NEGATIVE, NEUTRAL, POSITIVE, to_signed

Values = NDArray[np.floating]
READ, PADDING = "#3B82C4", "#8A8F98"

STYLE = f"""<style>
.ns-products {{ display: flex; flex-wrap: wrap; align-items: center; gap: .5rem .7rem; }}
.ns-products figure {{ margin: 0; }}
.ns-products figcaption, .ns-way figcaption {{ font-size: .76rem; opacity: .8; line-height: 1.2; }}
.ns-products .ns-sign {{ font-size: 1.5rem; font-weight: 700; }}
.ns-cells {{ display: grid; gap: 1px; background: #8886; border: 1px solid #8886; width: max-content; }}
.ns-cells span {{ display: grid; place-items: center; min-width: 2.6rem; height: 1.75rem; padding: 0 .2rem;
  font-size: .78rem; font-variant-numeric: tabular-nums; }}
.ns-cells .ns-pad {{ outline: 1px dashed {PADDING}; outline-offset: -3px; }}
.ns-cells .ns-best {{ outline: 2px solid #fff; outline-offset: -3px; }}
.ns-landings {{ display: grid; gap: 2px; width: 100%; max-width: 44rem; }}
.ns-landings i {{ min-width: 0; aspect-ratio: 1; background: #8884; border-radius: 2px; }}
.ns-landings i.ns-out {{ background: none; outline: 1px dashed {PADDING}; outline-offset: -1px; }}
.ns-landings i.ns-read {{ background: {READ}; }}
.ns-landings i.ns-out.ns-read {{ background: {READ}66; }}
.ns-way {{ display: flex; flex-wrap: wrap; gap: .4rem; align-items: flex-end; }}
.ns-way figure {{ margin: 0; border-bottom: 3px solid transparent; }}
.ns-way figure.ns-here {{ border-color: #E69F00; }}
.ns-way img {{ display: block; height: 62px; background: #000; image-rendering: pixelated; }}
.ns-scroll {{ overflow-x: auto; }}
.ns-shares {{ display: grid; grid-template-columns: repeat(10, 1fr); gap: .35rem; }}
@media (max-width: 640px) {{ .ns-shares {{ grid-template-columns: repeat(5, 1fr); }} }}
.ns-shares div {{ border: 1px solid #8886; border-radius: 4px; text-align: center; font-size: .74rem;
  line-height: 1.2; }}
.ns-shares b {{ display: block; font-size: 1.3rem; }}
.ns-shares .ns-other {{ background: #d9730d55; }}
</style>"""


def draw_number_grid(
    values: Values, *, limit: float, padding: NDArray[np.bool_] | None = None, best: NDArray[np.bool_] | None = None
) -> str:
    """Return numbers `(H, W)` in squares: black at zero, blue up to `limit`, red down to -`limit`.

    What is `padding` is dashed, what is `best` has a white frame.
    """
    colors = to_signed(values, limit)
    cells = []
    for place in np.ndindex(*values.shape):
        marks = {"ns-pad": padding, "ns-best": best}
        names = [name for name, chosen in marks.items() if chosen is not None and chosen[place]]
        style = f"background:rgb({','.join(map(str, colors[place]))});color:{text_color_on(colors[place])}"
        cells.append(f'<span class="{" ".join(names)}" style="{style}">{format_short(float(values[place]))}</span>')
    return f'<div class="ns-cells" style="grid-template-columns:repeat({values.shape[1]},auto)">{"".join(cells)}</div>'


@dataclass(frozen=True, eq=False)
class NumberGrid:
    """Numbers with a caption; each grid is coloured by its own largest number unless a limit is given."""

    caption: str
    values: Values
    limit: float | None = None
    padding: NDArray[np.bool_] | None = None
    best: NDArray[np.bool_] | None = None


def draw_products(grids: Sequence[NumberGrid], signs: Sequence[str], result: str) -> str:
    """Return grids with a sign between each two, and the result behind the last."""
    figures = []
    for grid in grids:
        limit = grid.limit or float(np.abs(grid.values).max(initial=0)) or 1.0
        cells = draw_number_grid(grid.values, limit=limit, padding=grid.padding, best=grid.best)
        figures.append(f"<figure>{cells}<figcaption>{escape(grid.caption)}</figcaption></figure>")
    parts = [figures[0]]
    for sign, figure in zip(signs, figures[1:], strict=True):
        parts.append(f'<span class="ns-sign">{escape(sign)}</span>{figure}')
    return f'{STYLE}<div class="ns-products">{"".join(parts)}<span class="ns-sign">{escape(result)}</span></div>'


def draw_window_positions(reads: Sequence[Sequence[int]], size: int, padding: int) -> str:
    """Return a side of the input once for each place of the window: what it reads is filled, padding is dashed."""
    width = size + 2 * padding
    rows = []
    for read in reads:
        for pixel in range(-padding, size + padding):
            names = ("ns-out " if not 0 <= pixel < size else "") + ("ns-read" if pixel in read else "")
            rows.append(f'<i class="{names}"></i>')
    grid = f"grid-template-columns:repeat({width},1fr);max-width:{min(44.0, 1.15 * width):g}rem"
    return f'{STYLE}<div class="ns-landings" style="{grid}">{"".join(rows)}</div>'


def draw_weight_matrix(matrix: Values, weights: int) -> Picture:
    """Return a dense layer's matrix of weight numbers (0: none, 1 to `weights`): equal numbers in equal colours."""
    hues = [colorsys.hsv_to_rgb(number / weights, 0.65, 0.95) for number in range(weights)]
    colors = np.rint(255 * np.array([(0.0, 0.0, 0.0), *hues])).astype(np.uint8)
    picture: Picture = colors[np.rint(matrix).astype(int)]
    return enlarge(picture, max(1, 600 // max(matrix.shape)))


@dataclass(frozen=True, eq=False)
class StagePicture:
    """One stage on a digit's way, as a small picture."""

    name: str
    size: str
    picture: Picture
    here: bool = False


def draw_stage_pictures(halts: Sequence[StagePicture]) -> str:
    """Return a digit's way through the network: a small sheet for each stage, the one looked at underlined."""
    figures = "".join(
        f'<figure class="{"ns-here" if halt.here else ""}"><img src="{to_data_url(halt.picture)}" '
        f'alt="{escape(halt.name)}"><figcaption><b>{escape(halt.name)}</b><br>{escape(halt.size)}</figcaption></figure>'
        for halt in halts
    )
    return f'{STYLE}<div class="ns-way">{figures}</div>'


def draw_sliding_window(given: Picture, gives: Picture, filled: int, box: tuple[int, int, int, int]) -> Picture:
    """Return input and output side by side; of the output only the first `filled` places, of the input a box.

    The box is top, left, height and width in the input's pixels, cut to what lies inside.
    """
    factor = max(1, 84 // max(given.shape[0], gives.shape[0]))
    left, right = enlarge(given, factor), enlarge(_fill(gives, filled), factor)
    top, start, height, width = (factor * part for part in box)
    _frame(left, top, start, height, width)
    picture = np.full((max(left.shape[0], right.shape[0]), left.shape[1] + 8 + right.shape[1], 3), 96, np.uint8)
    picture[: left.shape[0], : left.shape[1]] = left
    picture[: right.shape[0], -right.shape[1] :] = right
    return picture


def _fill(gives: Picture, filled: int) -> Picture:
    shown = np.full_like(gives, 96).reshape(-1, 3)
    shown[:filled] = gives.reshape(-1, 3)[:filled]
    return shown.reshape(gives.shape)


def _frame(picture: Picture, top: int, left: int, height: int, width: int) -> None:
    bottom, right = (min(end, size) - 1 for end, size in zip((top + height, left + width), picture.shape, strict=False))
    top, left = max(0, top), max(0, left)
    for rows, columns in (
        (slice(top, top + 1), slice(left, right + 1)),
        (slice(bottom, bottom + 1), slice(left, right + 1)),
        (slice(top, bottom + 1), slice(left, left + 1)),
        (slice(top, bottom + 1), slice(right, right + 1)),
    ):
        picture[rows, columns] = (230, 159, 0)


def draw_shapes(shapes: Sequence[tuple[str, tuple[int, ...]]]) -> str:
    """Return a network's stages as stacks of squares, each as large and as many as they really are (A10)."""
    boxes, x = [], 8.0
    for name, shape in shapes:
        maps, side = (shape[0], shape[1]) if len(shape) == 3 else (1, 0)
        height = 4.0 * side if side else min(150.0, 20 + 12 * np.log2(shape[0]))
        width, shift = (4.0 * side, 2.2) if side else (12.0, 0.0)
        depth = min(maps, 12)
        for layer in reversed(range(depth)):
            left, top = x + shift * layer, 150 - height + shift * (depth - layer) - 24
            boxes.append(
                f'<rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}" rx="1" '
                f'fill="{READ}" fill-opacity=".25" stroke="{READ}"/>'
            )
        label = f"{maps} × {side} × {side}" if side else f"{shape[0]}"
        for line, words in enumerate((name, label)):
            at = f'x="{x:.1f}" y="{172 + 14 * line}"'
            boxes.append(f'<text {at} font-size="12" fill="currentColor">{escape(words)}</text>')
        x += max(width + shift * depth, 7.0 * max(len(name), len(label))) + 12
    svg = f'<svg viewBox="0 0 {x:.0f} 192" width="{x:.0f}" height="192" role="img">{"".join(boxes)}</svg>'
    return f'<div style="overflow-x:auto">{svg}</div>'


def draw_answer_boxes(answers: Sequence[tuple[str, float]], usual: str) -> str:
    """Return answers with how sure each is, one small box each; those that differ from the usual one are orange."""
    boxes = "".join(
        f'<div class="{"" if name == usual else "ns-other"}"><b>{escape(name)}</b>{100 * share:.0f} %</div>'
        for name, share in answers
    )
    return f'{STYLE}<div class="ns-shares">{boxes}</div>'


def draw_signal(given: Values, gives: Values, start: int) -> go.Figure:
    """Return a signal and what a filter makes of it, on one axis."""
    figure = go.Figure()
    figure.add_bar(y=given.tolist(), name="ink in each column", marker={"color": NEUTRAL})
    figure.add_scatter(
        x=list(range(start, start + len(gives))),
        y=gives.tolist(),
        name="after the filter",
        line={"color": f"rgb{POSITIVE}", "width": 3},
    )
    return _small(figure, "column of the digit", "ink")


def draw_histograms(parts: Sequence[tuple[str, Values]], *, bins: int = 60) -> go.Figure:
    """Return how often each value occurs, one histogram over another; the upright axis is logarithmic.

    Most values of a map are those of its background, which would dwarf all others.
    """
    figure = go.Figure()
    colors = (NEUTRAL, f"rgb{POSITIVE}", f"rgb{NEGATIVE}", MARK)
    low, high = (extreme([float(extreme(values)) for _, values in parts]) for extreme in (np.min, np.max))
    edges = np.linspace(low, high, bins + 1)
    for (name, values), color in zip(parts, colors, strict=False):
        counts, _ = np.histogram(values, edges)
        figure.add_scatter(
            x=((edges[1:] + edges[:-1]) / 2).tolist(),
            y=(100 * counts / values.size).tolist(),
            name=name,
            line={"color": color, "width": 3, "shape": "hvh"},
        )
    figure.update_yaxes(type="log", dtick=1)
    return _small(figure, "value", "share of all values, %")


def draw_dropout_spread(probabilities: Values, calm: Values, classes: Sequence[str]) -> go.Figure:
    """Return for each class every probability `(times, classes)` as a point, and the answer without dropout."""
    figure = go.Figure()
    times = len(probabilities)
    figure.add_scatter(
        x=[name for name in classes for _ in range(times)],
        y=(100 * probabilities.T).ravel().tolist(),
        mode="markers",
        name="with dropout",
        marker={"color": f"rgb{POSITIVE}", "size": 9, "opacity": 0.45},
        hovertemplate="%{x}: %{y:.1f} %<extra></extra>",
    )
    figure.add_scatter(
        x=list(classes),
        y=(100 * calm).tolist(),
        mode="markers",
        name="without",
        marker={"color": MARK, "symbol": "line-ew-open", "size": 22, "line": {"width": 4}},
        hovertemplate="%{x}: %{y:.1f} %<extra></extra>",
    )
    figure.update_xaxes(type="category")
    figure.update_yaxes(range=[-3, 103])
    return _small(figure, "class", "how sure, %")


def draw_activation_functions(curves: Sequence[tuple[str, str, Values, Values]]) -> go.Figure:
    """Return functions as curves; each is a name, a colour, x and y."""
    figure = go.Figure()
    for name, color, x, y in curves:
        figure.add_scatter(x=x.tolist(), y=y.tolist(), name=name, line={"color": color, "width": 3})
    return _small(figure, "what a convolution gives", "after the activation")


def _small(figure: go.Figure, x_title: str, y_title: str) -> go.Figure:
    figure.update_xaxes(title=x_title)
    figure.update_yaxes(title=y_title, zeroline=True, zerolinecolor=NEUTRAL)
    figure.update_layout(
        height=300,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"},
    )
    return figure
