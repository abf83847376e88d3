"""Differences with their intervals -> one Plotly figure: a band for each row, with a dot and a line for each series."""

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

STEP, HEADING = 1.0, 2.2  # heights of an interval and of a row's heading above its intervals
PIXELS = 11  # per unit of height
REACH = 20.0  # points: wider intervals run out of the picture, their figures stay readable under the pointer


@dataclass(frozen=True)
class Interval:
    """A mean difference with its bounds in one row and series; without bounds only a dot."""

    row: str
    series: str
    mean: float
    low: float | None
    high: float | None
    claimed: float | None = None
    """What somebody else reported."""

    @property
    def excludes_zero(self) -> bool:
        return self.low is not None and self.high is not None and not self.low <= 0 <= self.high


def draw_intervals(intervals: Sequence[Interval], colors: dict[str, str], *, claim: str, x_title: str) -> go.Figure:
    """Return the figure: a full dot where zero lies outside the interval, a hollow one where it does not.

    `colors` gives the series in their order; `claim` names what `claimed` is.
    """
    rows = list(dict.fromkeys(interval.row for interval in intervals))
    height = HEADING + STEP * len(colors)
    tops = {row: -height * number for number, row in enumerate(rows)}
    places = {name: HEADING + STEP * number for number, name in enumerate(colors)}
    figure = go.Figure()
    for series, color in colors.items():
        found = [interval for interval in intervals if interval.series == series]
        _add_series(figure, series, found, [tops[one.row] - places[series] for one in found], color)
    claims = [one for one in intervals if one.claimed is not None]
    if claims:
        _add_claims(figure, claims, [tops[one.row] - places[one.series] for one in claims], claim)
    for row, top in tops.items():
        figure.add_annotation(
            text=f"<b>{row}</b>", x=0, xref="paper", xanchor="left", y=top - HEADING / 3, showarrow=False
        )
    figure.add_vline(x=0, line={"width": 1.5, "color": "#8A8F98"})
    _lay_out(figure, intervals, -height * len(rows) - STEP / 2, x_title)
    return figure


def _add_series(figure: go.Figure, name: str, found: Sequence[Interval], y: Sequence[float], color: str) -> None:
    figure.add_scatter(
        x=[one.mean for one in found],
        y=y,
        name=name,
        mode="markers",
        marker={
            "color": color,
            "size": 8,
            "line": {"color": color, "width": 2},
            "symbol": ["circle" if one.excludes_zero else "circle-open" for one in found],
        },
        error_x={
            "type": "data",
            "symmetric": False,
            "color": color,
            "thickness": 2,
            "width": 3,
            "array": [0 if one.high is None else one.high - one.mean for one in found],
            "arrayminus": [0 if one.low is None else one.mean - one.low for one in found],
        },
        text=[_words(one) for one in found],
        hovertemplate="%{text}<extra></extra>",
    )


def _add_claims(figure: go.Figure, claims: Sequence[Interval], y: Sequence[float], name: str) -> None:
    figure.add_scatter(
        x=[one.claimed for one in claims],
        y=y,
        name=name,
        mode="markers",
        marker={"symbol": "x-thin", "size": 8, "line": {"color": "#8A8F98", "width": 2.5}},
        text=[f"{one.series}: {one.claimed:+.1f}, {name}" for one in claims],
        hovertemplate="%{text}<extra></extra>",
    )


def _words(one: Interval) -> str:
    bounds = "one seed" if one.low is None else f"{one.low:+.1f} to {one.high:+.1f}"
    return f"{one.row}<br>{one.series}: {one.mean:+.1f} ({bounds})"


def _lay_out(figure: go.Figure, intervals: Sequence[Interval], bottom: float, x_title: str) -> None:
    ends = [abs(end) for one in intervals for end in (one.mean, one.low, one.high, one.claimed) if end is not None]
    reach = min(REACH, 1.05 * max(ends, default=1.0))
    figure.update_xaxes(title=x_title, range=[-reach, reach], zeroline=False, ticksuffix="", tickformat="+.0f")
    figure.update_yaxes(range=[bottom, 0], visible=False)
    figure.update_layout(
        height=round(PIXELS * -bottom) + 90,
        margin={"l": 5, "r": 5, "t": 34, "b": 40},
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "itemsizing": "constant"},
        dragmode=False,
    )
