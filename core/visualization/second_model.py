"""Pairs of classes as a heat map."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.visualization.arrays import Values
from core.visualization.figures import BUTTONS, MARGIN


def draw_pairs(percents: Values, classes: Sequence[str]) -> go.Figure:
    """Return a figure for every pair, `(classes, classes)`, `nan` where there is none; the darker the fewer percent."""
    words = [["" if np.isnan(value) else f"{value:.1f}" for value in row] for row in percents]
    measured = percents[~np.isnan(percents)]
    low = min(95.0, float(measured.min())) if measured.size else 0.0  # a tenth of a point is not to look like a cliff
    figure = go.Figure(
        go.Heatmap(
            z=percents,
            x=list(classes),
            y=list(classes),
            text=words,
            texttemplate="%{text}",
            zmin=low,
            zmax=100,
            colorscale=[[0, "#D6604D"], [0.5, "#F4C4AB"], [1, "#E8F1FA"]],
            showscale=False,
            xgap=2,
            ygap=2,
            textfont={"color": "#111"},  # readable on every one of these colours
            hovertemplate="%{y} and %{x}: %{z:.1f} %<extra></extra>",
            hoverongaps=False,
        )
    )
    figure.update_xaxes(type="category", side="top", showgrid=False)
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False)
    figure.update_layout(height=450, margin=MARGIN | {"b": BUTTONS})
    return figure
