"""Arrays -> Plotly figures, for what people hover over and click on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray


@dataclass(frozen=True)
class Curve:
    """One line: its name, its colour, and its points."""

    title: str
    color: str
    x: Sequence[float]
    y: Sequence[float]


def draw_curves(curves: Sequence[Curve], *, x_title: str, y_title: str) -> go.Figure:
    """Return the curves on one pair of axes, the y axis in percent from 0 to 100."""
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
    figure.update_xaxes(title=x_title)
    figure.update_yaxes(title=y_title, range=[0, 101])
    figure.update_layout(height=380, margin={"l": 10, "r": 10, "t": 10, "b": 10}, hovermode="x unified")
    return figure


def draw_confusion(counts: NDArray[np.int64], classes: Sequence[str], color: str) -> go.Figure:
    """Return the confusion matrix as squares that can be clicked; errors are shaded, the right ones are outlined.

    Each point carries `[true class, predicted class]`.
    """
    true, predicted = np.indices(counts.shape).reshape(2, -1)
    values, right = counts.ravel(), true == predicted
    worst = max(1, int(values[~right].max(initial=0)))
    opacity = np.where(right, 0.12, 0.1 + 0.9 * np.sqrt(values / worst).clip(max=1)) * (values > 0)
    figure = go.Figure(
        go.Scatter(
            x=[classes[index] for index in predicted],
            y=[classes[index] for index in true],
            text=[str(value) if value else "" for value in values],
            customdata=np.stack([true, predicted], 1).tolist(),
            mode="markers+text",
            marker={"symbol": "square", "size": 30, "color": color, "opacity": opacity.tolist()},
            hovertemplate="a %{y}, read as %{x}: %{text}<extra></extra>",
            unselected={"marker": {"opacity": 0.15}},
        )
    )
    figure.update_xaxes(title="read as", type="category", categoryarray=list(classes), showgrid=False)
    figure.update_yaxes(
        title="really a", type="category", categoryarray=list(classes), autorange="reversed", showgrid=False
    )
    figure.update_layout(height=430, margin={"l": 10, "r": 10, "t": 10, "b": 10}, clickmode="event+select")
    return figure
