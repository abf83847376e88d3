"""Convolution step by step: windows number by number, the shapes of a network, signals, dropout, activations."""

import colorsys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from core.system.number_format import format_short
from core.visualization.arrays import Picture, Values, draw_frame, enlarge, text_color_on
from core.visualization.figures import LEGEND_ABOVE, MARGIN
from core.visualization.palette import BLUE, GRAY, ORANGE
from core.visualization.rendering import render
from core.visualization.signed_colors import CHOSEN, NEGATIVE, POSITIVE, to_signed


@dataclass(frozen=True, eq=False)
class NumberGrid:
    """Numbers `(H, W)` with a caption, black at zero, blue up to `limit`, red down to -`limit`.

    The limit is the largest number unless one is given. What is `padding` is dashed, what is `best` has a white frame.
    """

    caption: str
    values: Values
    limit: float | None = None
    padding: NDArray[np.bool_] | None = None
    best: NDArray[np.bool_] | None = None

    def cells(self) -> Iterator[tuple[str, tuple[int, ...], str, str]]:
        """Yield each number's text, its colour, the text's colour and its CSS classes."""
        limit = self.limit or float(np.abs(self.values).max(initial=0)) or 1.0
        colors = to_signed(self.values, limit)
        marks = {"ns-pad": self.padding, "ns-best": self.best}
        for place in np.ndindex(*self.values.shape):
            names = [name for name, chosen in marks.items() if chosen is not None and chosen[place]]
            color = colors[place]
            yield format_short(float(self.values[place])), tuple(color.tolist()), text_color_on(color), " ".join(names)


def draw_products(grids: Sequence[NumberGrid], signs: Sequence[str], result: str) -> str:
    """Return grids as HTML with a sign between each two, and the result behind the last."""
    return render("products.html", grids=grids, signs=signs, result=result)


def draw_window_positions(reads: Sequence[Sequence[int]], size: int, padding: int) -> str:
    """Return a side of the input once for each place of the window: what it reads is filled, padding is dashed."""
    pixels = range(-padding, size + padding)
    max_width = f"{min(44.0, 1.15 * len(pixels)):g}"
    return render("window_positions.html", reads=reads, pixels=pixels, size=size, max_width=max_width)


def draw_weight_matrix(matrix: Values, weights: int) -> Picture:
    """Return a dense layer's matrix of weight numbers (0: none, 1 to `weights`): equal numbers in equal colours."""
    hues = [colorsys.hsv_to_rgb(number / weights, 0.65, 0.95) for number in range(weights)]
    colors = np.rint(255 * np.array([(0.0, 0.0, 0.0), *hues])).astype(np.uint8)
    picture: Picture = colors[np.rint(matrix).astype(int)]
    return enlarge(picture, max(1, 600 // max(matrix.shape)))


@dataclass(frozen=True, eq=False)
class StagePicture:
    """The output of one stage of a network as a small picture."""

    name: str
    size: str
    picture: Picture
    here: bool = False


def draw_stage_pictures(stages: Sequence[StagePicture]) -> str:
    """Return the stages of a network as a row of small pictures, the one looked at underlined."""
    return render("stage_pictures.html", stages=stages)


def draw_sliding_window(given: Picture, made: Picture, filled: int, box: tuple[int, int, int, int]) -> Picture:
    """Return input and output side by side; of the output only the first `filled` places, of the input a box.

    The box is top, left, height and width in the input's pixels, cut to what lies inside.
    """
    factor = max(1, 84 // max(given.shape[0], made.shape[0]))
    left, right = enlarge(given, factor), enlarge(_fill(made, filled), factor)
    top, start, height, width = (factor * part for part in box)
    window = left[max(0, top) : top + height, max(0, start) : start + width]
    window[:] = draw_frame(window, CHOSEN)
    picture = np.full((max(left.shape[0], right.shape[0]), left.shape[1] + 8 + right.shape[1], 3), 96, np.uint8)
    picture[: left.shape[0], : left.shape[1]] = left
    picture[: right.shape[0], -right.shape[1] :] = right
    return picture


def _fill(made: Picture, filled: int) -> Picture:
    shown = np.full_like(made, 96).reshape(-1, 3)
    shown[:filled] = made.reshape(-1, 3)[:filled]
    return shown.reshape(made.shape)


def draw_shapes(shapes: Sequence[tuple[str, tuple[int, ...]]]) -> str:
    """Return a network's stages as SVG: stacks of squares, each as large and, up to 12, as many as its maps.

    The stages wrap where they are wider than the page.
    """
    drawn = "".join(_draw_stack(name, shape) for name, shape in shapes)
    return f'<div class="ns-shapes" role="img" aria-label="The whole network, stage by stage">{drawn}</div>'


def _draw_stack(name: str, shape: tuple[int, ...]) -> str:
    """Return one stage's squares over its name and size, as SVG."""
    maps, side = (shape[0], shape[1]) if len(shape) == 3 else (1, 0)
    height = 4.0 * side if side else min(150.0, 20 + 12 * np.log2(shape[0]))
    width, shift = (4.0 * side, 2.2) if side else (12.0, 0.0)
    depth = min(maps, 12)
    squares = "".join(
        f'<rect x="{1 + shift * at:.1f}" y="{126 - height + shift * (depth - at):.1f}" width="{width:.1f}" '
        f'height="{height:.1f}" rx="1" fill="{BLUE}" fill-opacity=".25" stroke="{BLUE}"/>'
        for at in reversed(range(depth))
    )
    lines = (name, f"{maps} × {side} × {side}" if side else f"{shape[0]}")
    texts = "".join(
        f'<text x="1" y="{172 + 16 * number}" font-size="14" fill="currentColor">{escape(line)}</text>'
        for number, line in enumerate(lines)
    )
    room = max(width + shift * depth, 7.0 * max(map(len, lines))) + 12
    return f'<svg viewBox="0 0 {room:.0f} 192" width="{room:.0f}" height="192">{squares}{texts}</svg>'


def draw_answer_boxes(answers: Sequence[tuple[str, float]], usual: str) -> str:
    """Return answers with their probabilities, one small box each; those that differ from the usual one are orange."""
    return render("answer_boxes.html", answers=answers, usual=usual)


def draw_signal(given: Values, gives: Values, start: int) -> go.Figure:
    """Return a signal and what a filter makes of it, on one axis."""
    figure = go.Figure()
    figure.add_bar(y=given.tolist(), name="ink in each column", marker={"color": GRAY})
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
    colors = (GRAY, f"rgb{POSITIVE}", f"rgb{NEGATIVE}", ORANGE)
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
    return _small(figure, "value", "values, % (log scale)")


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
        name="without dropout",
        marker={"color": ORANGE, "symbol": "line-ew-open", "size": 22, "line": {"width": 4}},
        hovertemplate="%{x}: %{y:.1f} %<extra></extra>",
    )
    figure.update_xaxes(type="category")
    figure.update_yaxes(range=[-3, 103])
    return _small(figure, "class", "probability, %")


def draw_activation_functions(curves: Sequence[tuple[str, str, Values, Values]]) -> go.Figure:
    """Return functions as curves; each is a name, a colour, x and y."""
    figure = go.Figure()
    for name, color, x, y in curves:
        figure.add_scatter(x=x.tolist(), y=y.tolist(), name=name, line={"color": color, "width": 3})
    return _small(figure, "before the activation", "after the activation")


def _small(figure: go.Figure, x_title: str, y_title: str) -> go.Figure:
    figure.update_xaxes(title=x_title)
    figure.update_yaxes(title=y_title, zeroline=True, zerolinecolor=GRAY)
    figure.update_layout(height=300, margin=MARGIN, legend=LEGEND_ABOVE)
    return figure
