"""Arrays -> Plotly figures that can be hovered over and clicked."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.colors import hex_to_rgb

from core.visualization.arrays import Picture, enlarge, text_color_on, to_data_url
from core.visualization.palette import ORANGE

CONFUSION_SIDE = 26  # pixels: of the mark of a chosen cell, which on a phone is hardly wider
CONFUSION_ROOM = 240  # pixels: all cells together are nowhere less wide or high, also on a phone
UNSEEN = "rgba(0,0,0,0)"  # of the mark of a cell that is empty
BUTTONS = 30  # pixels below a figure without an axis there: of the buttons that save it and fill the screen
MARGIN = {"l": 10, "r": 10, "t": 10, "b": 10}  # pixels
LEGEND_ABOVE = {"orientation": "h", "y": 1.02, "yanchor": "bottom"}


@dataclass(frozen=True)
class Curve:
    """One line: its name, its colour, and its points."""

    title: str
    color: str
    x: Sequence[float]
    y: Sequence[float]
    dots: bool = False
    """Whether `draw_svg_curves` marks each point."""


def draw_curves(curves: Sequence[Curve], *, x_title: str, y_title: str, mark: float | None = None) -> go.Figure:
    """Return the curves on one pair of axes, the y axis in percent from 0 to 100; `mark`: a line at this x."""
    figure = go.Figure()
    for curve in curves:
        figure.add_scatter(
            x=curve.x,
            y=curve.y,
            name=curve.title,
            mode="lines+markers",
            line={"color": curve.color, "width": 3},
            hovertemplate="%{y:.1f} %",
        )
    if mark is not None:
        figure.add_vline(mark, line={"width": 2, "dash": "dash", "color": ORANGE})
    figure.update_xaxes(title=x_title)
    figure.update_yaxes(title=y_title, range=[0, 101])
    figure.update_layout(height=380, margin=MARGIN, hovermode="x unified", legend=LEGEND_ABOVE)
    return figure


def draw_confusion(counts: NDArray[np.int64], classes: Sequence[str], color: str) -> go.Figure:
    """Return the confusion matrix as cells that can be clicked: the stronger the colour, the larger the count.

    Right answers are outlined. The colours do not depend on the page's theme. Each point carries
    `[true class, predicted class]`; those of the counts that are 0 take clicks too, and show nothing.
    """
    shares = np.sqrt(counts / max(1, int(counts.max())))
    fills = _shade(shares.ravel(), color)
    figure = go.Figure([_confusion_points(counts, classes, fills), _confusion_cells(counts, classes, shares, color)])
    for at in np.flatnonzero(counts):  # as annotations: text of the trace would fade after a click
        true, predicted = divmod(int(at), len(classes))
        figure.add_annotation(
            x=predicted,
            y=true,
            text=str(counts[true, predicted]),
            font_color=text_color_on(fills[at]),
            showarrow=False,
            captureevents=False,
        )
    for right in np.flatnonzero(counts.diagonal()).tolist():
        corners = {"x0": right - 0.495, "x1": right + 0.495, "y0": right - 0.495, "y1": right + 0.495}
        figure.add_shape(type="rect", line={"color": ORANGE, "width": 2.5}, **corners)
    axis = {"type": "category", "categoryarray": list(classes), "showgrid": False}
    end = len(classes) - 0.5
    figure.update_xaxes(title="read as", range=[-0.5, end], **axis)
    figure.update_yaxes(title="really a", range=[end, -0.5], **axis)
    # At any distance: the nearest point is that of the cell, because each cell has one.
    figure.update_layout(height=430, margin=MARGIN, clickmode="event+select", hoverdistance=-1)
    return figure


def _confusion_cells(
    counts: NDArray[np.int64], classes: Sequence[str], shares: NDArray[np.floating], color: str
) -> go.Heatmap:
    """Return the cells of all counts that are not 0; `shares`, 0 to 1, are how strong their colours are."""
    ends = [[end, _to_css(fill)] for end, fill in enumerate(_shade(np.array([0.0, 1.0]), color))]
    look = {"colorscale": ends, "zmin": 0, "zmax": 1, "showscale": False, "hoverinfo": "skip", "xgap": 3, "ygap": 3}
    return go.Heatmap(x=list(classes), y=list(classes), z=np.where(counts > 0, shares, np.nan), **look)


def _confusion_points(counts: NDArray[np.int64], classes: Sequence[str], fills: NDArray[np.uint8]) -> go.Scatter:
    """Return a point for each cell, which takes the clicks: a heatmap's cells cannot be selected."""
    cells = [(true, predicted, int(count)) for (true, predicted), count in np.ndenumerate(counts)]
    return go.Scatter(
        x=[classes[predicted] for _, predicted, _ in cells],
        y=[classes[true] for true, _, _ in cells],
        # Not a template: Plotly shows no label for an empty text, but fails at an empty template.
        hovertext=[f"a {classes[i]}, read as {classes[j]}: {count}" if count else "" for i, j, count in cells],
        hoverinfo="text",
        customdata=[[true, predicted] for true, predicted, _ in cells],
        mode="markers",
        marker={
            "symbol": "square-open",  # seen around the number of the chosen cell
            "size": min(CONFUSION_SIDE, CONFUSION_ROOM // len(classes)),  # into the next cell it would take its clicks
            "opacity": 0,
            "color": [text_color_on(fill) if one[2] else UNSEEN for fill, one in zip(fills, cells, strict=True)],
        },
        selected={"marker": {"opacity": 1, "size": CONFUSION_SIDE}},
        unselected={"marker": {"opacity": 0}},
    )


def _to_css(fill: NDArray[np.uint8]) -> str:
    red, green, blue = fill.tolist()
    return f"rgb({red},{green},{blue})"


def _shade(shares: NDArray[np.floating], color: str) -> NDArray[np.uint8]:
    """Return the colours `(N, 3)` between a pale tint for 0 and `color` for 1."""
    full = np.array(hex_to_rgb(color))
    pale = 255 - 0.12 * (255 - full)
    return np.rint(pale + shares[:, None] * (full - pale)).astype(np.uint8)


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
    height = max(60, round(width * picture.shape[0] / picture.shape[1]))
    places = [divmod(number, columns) for number in range(len(hover))]
    side = 0.98 * min(width / columns, height / rows)
    colors = [text_color_on(picture[place]) for place in places] if numbers else "#fff"
    figure = go.Figure(_cells(places, hover, numbers, colors, side))
    sharp = enlarge(picture, max(1, 2 * width // picture.shape[1]))  # the browser would blur it
    place = {"x": -0.5, "y": -0.5, "sizex": columns, "sizey": rows, "xref": "x", "yref": "y", "sizing": "stretch"}
    figure.add_layout_image(source=to_data_url(sharp), layer="below", **place)
    down, sideways = (0, 0) if box is None else _add_box(figure, box, rows, columns)
    hidden = {"visible": False, "fixedrange": True}
    figure.update_xaxes(range=[-0.5 - sideways, columns - 0.5 + sideways], **hidden)
    figure.update_yaxes(range=[rows - 0.5 + down, -0.5 - down], **hidden)
    figure.update_layout(width=width, height=height, margin=dict.fromkeys("lrtb", 0))
    figure.update_layout(dragmode=False, clickmode="event+select", plot_bgcolor="rgba(0,0,0,0)")
    return figure


def _cells(
    places: Sequence[tuple[int, int]],
    hover: Sequence[str],
    numbers: Sequence[str],
    colors: Sequence[str] | str,
    side: float,
) -> go.Scatter:
    """Return a square of `side` pixels at each place `(row, column)`, with its number in its colour."""
    return go.Scatter(
        x=[column for _, column in places],
        y=[row for row, _ in places],
        customdata=places,
        hovertext=list(hover),
        text=list(numbers),
        mode="markers+text" if numbers else "markers",
        textfont={"size": 15, "color": colors},
        # Markers that cannot be seen take the clicks: a heatmap's cells cannot be selected.
        marker={"symbol": "square", "size": side, "opacity": 0},
        hovertemplate="%{hovertext}<extra></extra>",
        selected={"marker": {"opacity": 0}},
        unselected={"marker": {"opacity": 0}},
    )


def _add_box(figure: go.Figure, box: Box, rows: int, columns: int) -> tuple[int, int]:
    """Draw the box; return by how many cells, downwards and sideways, it reaches beyond the picture."""
    left, top = box.left - 0.5, box.top - 0.5
    line = {"color": ORANGE, "width": 3}
    figure.add_shape(type="rect", x0=left, x1=left + box.width, y0=top, y1=top + box.height, line=line)
    down = max(0, -box.top, box.top + box.height - rows)
    return down, max(0, -box.left, box.left + box.width - columns)
