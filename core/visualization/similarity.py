"""The similarity shortcut: the nearest digits at each stage, and what each threshold costs and saves."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from core.system.number_format import format_distance
from core.visualization.arrays import Picture
from core.visualization.figures import MARGIN, Curve, draw_curves
from core.visualization.palette import BLUE, GRAY, GREEN, PURPLE, VERMILION
from core.visualization.rendering import render

HITS_COLOR, PRECISION_COLOR, ACCURACY_COLOR, TIME_COLOR = BLUE, GREEN, VERMILION, PURPLE


@dataclass(frozen=True, eq=False)
class Neighbour:
    """A stored digit: its picture, its label, and its distance."""

    picture: Picture
    label: str
    distance: float
    near: bool
    """Whether its distance is below the threshold."""


@dataclass(frozen=True, eq=False)
class StageComparison:
    """The comparison at one stage: its outcome in words, and the nearest digits."""

    title: str
    outcome: str
    neighbours: Sequence[Neighbour]
    hit: bool = False
    """Whether the network stopped early here."""
    skipped: bool = False
    """Whether this stage was never computed."""


def draw_comparisons(rows: Sequence[StageComparison]) -> str:
    """Return the comparisons one below another as HTML, each with its nearest digits, the nearest first."""
    return render("comparisons.html", rows=rows, format_distance=format_distance)


@dataclass(frozen=True)
class Tradeoff:
    """Hits, their precision, and overall accuracy by threshold, in percent; None where there is no hit."""

    thresholds: Sequence[float]
    hits: Sequence[float]
    precision: Sequence[float | None]
    accuracy: Sequence[float]
    plain: float
    """The network's own accuracy."""


def draw_tradeoff(curves: Tradeoff, *, threshold: float | None, where: str) -> go.Figure:
    """Return hits, precision of the hits and overall accuracy by threshold; the chosen threshold is marked."""
    precision = [np.nan if value is None else value for value in curves.precision]
    shown = {
        "stopped early": (curves.hits, HITS_COLOR),
        "of those, correct": (precision, PRECISION_COLOR),
        "all digits, correct": (curves.accuracy, ACCURACY_COLOR),
    }
    figure = draw_curves(
        [Curve(title, color, curves.thresholds, values) for title, (values, color) in shown.items()],
        x_title=f"threshold: cosine distance at {where}",
        y_title="%",
    )
    figure.add_hline(curves.plain, line={"color": ACCURACY_COLOR, "dash": "dot", "width": 1})
    return _on_distances(figure, threshold)


def draw_times(
    thresholds: Sequence[float], ratios: Sequence[float], *, threshold: float | None, where: str
) -> go.Figure:
    """Return the time against the plain network by threshold; below the line the shortcut saves time."""
    figure = go.Figure()
    figure.add_scatter(
        x=list(thresholds),
        y=list(ratios),
        mode="lines+markers",
        line={"color": TIME_COLOR, "width": 3},
        hovertemplate="%{y:.2f} × the plain network<extra></extra>",
        name="time",
        showlegend=False,
    )
    figure.add_hline(1, line={"color": GRAY, "dash": "dot", "width": 2}, annotation_text="plain network")
    figure.update_yaxes(title="time, × plain network", range=[0, 1.1 * max(1.2, *ratios)])
    figure.update_xaxes(title=f"threshold at {where}")
    figure.update_layout(margin=MARGIN)
    return _on_distances(figure, threshold)


def _on_distances(figure: go.Figure, threshold: float | None) -> go.Figure:
    if threshold is not None:
        figure.add_vline(threshold, line={"color": GRAY, "width": 2})
    figure.update_xaxes(type="log", tickformat="~g", dtick=1)
    figure.update_layout(height=320, hovermode="closest")
    return figure
