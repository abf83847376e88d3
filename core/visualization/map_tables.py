"""Feature maps against classes, as a table of squares: the brighter, the larger the value."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.visualization.arrays import Values
from core.visualization.figures import MARGIN


def draw_maps_by_class(values: Values, classes: Sequence[str], *, most: float, unit: str, hover: str) -> go.Figure:
    """Return values `(classes, maps)` from 0 (black) to `most` (white), maps sorted by the class they are largest in.

    `hover` has Plotly's places for a map (x), a class (y) and its value (z).
    """
    order = np.lexsort((-values.max(0), values.argmax(0)))
    figure = go.Figure(
        go.Heatmap(
            z=values[:, order],
            x=[str(number) for number in order],
            y=list(classes),
            zmin=0,
            zmax=most,
            colorscale="Greys_r",
            xgap=1,
            ygap=1,
            colorbar={"title": unit, "thickness": 12},
            hovertemplate=f"{hover}<extra></extra>",
        )
    )
    figure.update_xaxes(type="category", title="feature map", tickfont={"size": 9})
    figure.update_yaxes(type="category", autorange="reversed", title="class")
    figure.update_layout(height=330, margin=MARGIN)
    return figure


def draw_map_costs(costs: Values, classes: Sequence[str]) -> go.Figure:
    """Return by how many points each class is read less without each map alone `(classes, maps)`."""
    most = max(1.0, float(costs.max()))
    return draw_maps_by_class(
        costs, classes, most=most, unit="points", hover="without map %{x}, a %{y} loses %{z:.1f} points"
    )
