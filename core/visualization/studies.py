"""Differences with their intervals -> one Plotly figure: a band for each row, with a dot and a line for each series."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import plotly.graph_objects as go

from core.system.number_format import format_interval, format_signed, format_tick
from core.visualization.palette import GRAY

STEP, HEADING, LINE = 1.0, 2.2, 2.2  # heights of an interval, of a row's heading, and of each further line of this
PIXELS = 11  # per unit of height
STEPS, MAX_TICKS = (0.1, 0.25, 0.5, 1, 2, 5), 4  # between the figures of the axis; figures on each side of zero
REACH = 20.0  # points: wider intervals run out of the picture, their ends are written at its edge


@dataclass(frozen=True)
class Interval:
    """A mean difference with its bounds in one row and series; without bounds only a dot."""

    row: str
    """Its heading; a `<br>` begins another line."""
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
    shown = {
        row: [name for name in colors if any((one.row, one.series) == (row, name) for one in intervals)] for row in rows
    }
    heading = HEADING + LINE * max(row.count("<br>") for row in rows)
    height = heading + STEP * max(map(len, shown.values()))
    tops = {row: -height * number for number, row in enumerate(rows)}
    places = {(row, name): tops[row] - heading - STEP * at for row in rows for at, name in enumerate(shown[row])}
    figure = go.Figure()
    for series, color in colors.items():
        found = [interval for interval in intervals if interval.series == series]
        _add_series(figure, series, found, [places[one.row, series] for one in found], color)
    claims = [one for one in intervals if one.claimed is not None]
    if claims:
        _add_claims(figure, claims, [places[one.row, one.series] for one in claims], claim)
    for row, top in tops.items():
        figure.add_annotation(
            text=f"<b>{row}</b>",
            x=0,
            xref="paper",
            xanchor="left",
            align="left",
            y=top - HEADING / 3 - 0.6 * (heading - HEADING),  # a projector's type is larger
            showarrow=False,
        )
        figure.add_shape(  # not beside the heading, which may be as long
            type="line", x0=0, x1=0, y0=top - heading + HEADING / 3, y1=top - height, line={"width": 1.5, "color": GRAY}
        )
    _lay_out(figure, intervals, -height * len(rows) - STEP / 2, x_title)
    _mark_cut_off(figure, intervals, places)
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
        marker={"symbol": "x-thin", "size": 8, "line": {"color": GRAY, "width": 2.5}},
        text=[f"{one.series}: {format_signed(one.claimed or 0.0)}, {name}" for one in claims],
        hovertemplate="%{text}<extra></extra>",
    )


def _words(one: Interval) -> str:
    bounds = "one seed" if one.low is None or one.high is None else format_interval(one.low, one.high)
    return f"{one.row}<br>{one.series}: {format_signed(one.mean)} ({bounds})"


def _mark_cut_off(figure: go.Figure, intervals: Sequence[Interval], places: dict[tuple[str, str], float]) -> None:
    """Write the end of an interval that runs out of the picture at the picture's edge."""
    _, reach = figure.layout.xaxis.range
    for one in intervals:
        for end, anchor in ((one.low, "left"), (one.high, "right")):
            if end is not None and abs(end) > reach:
                reached = format_signed(end, 0)
                edge, text = (-reach, f"◂ {reached}") if end < 0 else (reach, f"{reached} ▸")
                y = places[one.row, one.series]
                figure.add_annotation(x=edge, y=y, text=text, xanchor=anchor, yanchor="bottom", showarrow=False)


def _lay_out(figure: go.Figure, intervals: Sequence[Interval], bottom: float, x_title: str) -> None:
    ends = [abs(end) for one in intervals for end in (one.mean, one.low, one.high, one.claimed) if end is not None]
    reach = min(REACH, 1.05 * max(ends, default=1.0))
    step = next((step for step in STEPS if reach <= MAX_TICKS * step), STEPS[-1])
    ticks = [step * number for number in range(-ceil(reach / step), ceil(reach / step) + 1)]
    figure.update_xaxes(
        title=x_title,
        range=[-max(reach, ticks[-1]), max(reach, ticks[-1])],  # the last figure stands beyond the last dot
        zeroline=False,
        tickvals=ticks,
        ticktext=[format_tick(tick) for tick in ticks],
    )
    figure.update_yaxes(range=[bottom, 0], visible=False)
    figure.update_layout(
        height=round(PIXELS * -bottom) + 90,
        margin={"l": 5, "r": 5, "t": 34, "b": 40},
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "itemsizing": "constant"},
        dragmode=False,
    )


def draw_pairs(first: Sequence[float], second: Sequence[float], titles: tuple[str, str], color: str) -> go.Figure:
    """Return a line for each pair of values, such as two networks' accuracies with one seed, and one for the means."""
    figure = go.Figure()
    for number, pair in enumerate(zip(first, second, strict=False), 1):
        figure.add_scatter(
            x=titles,
            y=pair,
            mode="lines+markers",
            line={"color": color, "width": 1.5},
            opacity=0.6,
            hovertemplate=f"pair {number}: %{{y:.1f}}<extra></extra>",
        )
    means = [sum(values) / len(values) for values in (first, second)]
    figure.add_scatter(
        x=titles,
        y=means,
        mode="lines+markers+text",
        line={"color": GRAY, "width": 4},
        text=[f"mean {mean:.1f}" for mean in means],
        textposition=["middle left", "middle right"],
        hovertemplate="mean: %{y:.1f}<extra></extra>",
    )
    figure.update_xaxes(range=[-0.6, 1.6])
    figure.update_layout(height=320, margin={"l": 5, "r": 5, "t": 10, "b": 40}, showlegend=False, dragmode=False)
    return figure
