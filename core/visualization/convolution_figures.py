"""The lesson, drawn with Plotly: what can be clicked, signals, spreads and curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from core.visualization.absent_features import AGAINST, FOR, NEUTRAL
from core.visualization.arrays import Picture, enlarge, to_data_url
from core.visualization.convolution import ink_on

Values = NDArray[np.floating]
MARK = "#E69F00"


@dataclass(frozen=True)
class Box:
    """A frame around some of a picture's cells."""

    top: int
    left: int
    height: int
    width: int


def draw_clickable(
    picture: Picture,
    shape: tuple[int, int],
    hover: Sequence[str],
    *,
    box: Box | None = None,
    width: int = 280,
    numbers: Sequence[str] = (),
) -> go.Figure:
    """Return a picture whose cells `shape` can be clicked and hovered over; each point carries `[row, column]`.

    The picture is stretched over the cells; `hover` has a text for each, row by row, and may end early. `numbers` are
    written into the cells.
    """
    rows, columns = shape
    places = [divmod(number, columns) for number in range(len(hover))]
    height = max(60, round(width * picture.shape[0] / picture.shape[1]))
    # Markers that cannot be seen take the clicks: a heatmap's cells cannot be selected.
    side = 0.98 * min(width / columns, height / rows)
    figure = go.Figure(
        go.Scatter(
            x=[column for _, column in places],
            y=[row for row, _ in places],
            customdata=places,
            hovertext=list(hover),
            text=list(numbers),
            mode="markers+text" if numbers else "markers",
            textfont={"size": 15, "color": [ink_on(picture[place]) for place in places] if numbers else "#fff"},
            marker={"symbol": "square", "size": side, "opacity": 0},
            hovertemplate="%{hovertext}<extra></extra>",
            selected={"marker": {"opacity": 0}},
            unselected={"marker": {"opacity": 0}},
        )
    )
    sharp = enlarge(picture, max(1, 2 * width // picture.shape[1]))  # the browser would blur it
    figure.add_layout_image(
        source=to_data_url(sharp),
        x=-0.5,
        y=-0.5,
        sizex=columns,
        sizey=rows,
        xref="x",
        yref="y",
        sizing="stretch",
        layer="below",
    )
    if box is not None:
        figure.add_shape(
            type="rect",
            x0=box.left - 0.5,
            x1=box.left + box.width - 0.5,
            y0=box.top - 0.5,
            y1=box.top + box.height - 0.5,
            line={"color": MARK, "width": 3},
        )
    outside = (0, 0) if box is None else _outside(box, rows, columns)
    hidden = {"visible": False, "fixedrange": True}
    figure.update_xaxes(range=[-0.5 - outside[1], columns - 0.5 + outside[1]], **hidden)
    figure.update_yaxes(range=[rows - 0.5 + outside[0], -0.5 - outside[0]], **hidden)
    figure.update_layout(
        width=width,
        height=height,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        dragmode=False,
        clickmode="event+select",
        plot_bgcolor="rgba(0,0,0,0)",
    )
    return figure


def _outside(box: Box, rows: int, columns: int) -> tuple[int, int]:
    """Return by how many cells, downwards and sideways, the box reaches beyond the picture into its padding."""
    return (
        max(0, -box.top, box.top + box.height - rows),
        max(0, -box.left, box.left + box.width - columns),
    )


def draw_signal(given: Values, gives: Values, start: int) -> go.Figure:
    """Return a signal and what a filter makes of it, on one axis."""
    figure = go.Figure()
    figure.add_bar(y=given.tolist(), name="ink in each column", marker={"color": NEUTRAL})
    figure.add_scatter(
        x=list(range(start, start + len(gives))),
        y=gives.tolist(),
        name="after the filter",
        line={"color": f"rgb{FOR}", "width": 3},
    )
    return _small(figure, "column of the digit", "ink")


def draw_histograms(parts: Sequence[tuple[str, Values]], *, bins: int = 60) -> go.Figure:
    """Return how often each value occurs, one histogram over another; the upright axis is logarithmic.

    Most values of a map are those of its background, which would dwarf all others.
    """
    figure = go.Figure()
    colors = (NEUTRAL, f"rgb{FOR}", f"rgb{AGAINST}", MARK)
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


def draw_spread(probabilities: Values, calm: Values, classes: Sequence[str]) -> go.Figure:
    """Return for each class every probability `(times, classes)` as a point, and the answer without dropout."""
    figure = go.Figure()
    times = len(probabilities)
    figure.add_scatter(
        x=[name for name in classes for _ in range(times)],
        y=(100 * probabilities.T).ravel().tolist(),
        mode="markers",
        name="with dropout",
        marker={"color": f"rgb{FOR}", "size": 9, "opacity": 0.45},
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


def draw_functions(curves: Sequence[tuple[str, str, Values, Values]]) -> go.Figure:
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
