"""The answer after each layer: a row of small readings for each network, and curves of accuracy over the layers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from core.visualization.arrays import Picture
from core.visualization.figures import LEGEND_ABOVE, MARGIN
from core.visualization.readings import Reading
from core.visualization.rendering import render


@dataclass(frozen=True, eq=False)
class ProbeRow:
    """What one network's probes read after each layer, and last the network itself."""

    title: str
    color: str
    picture: Picture
    """Of the digit that it reads."""
    note: str
    readings: Sequence[Reading] = ()
    """Titled with their place, first to last; none where there are no probes."""
    lost: int = 0
    """At which place the class of the whole digit is lost; the number of places: it is not."""


def draw_probe_rows(rows: Sequence[ProbeRow], classes: Sequence[str]) -> str:
    """Return as HTML a row for each network, its last place at the right; on a phone its name stands above it."""
    columns = max((len(row.readings) for row in rows), default=0)
    return render("probe_rows.html", rows=rows, classes=classes, columns=columns)


def draw_probe_accuracies(
    accuracies: Mapping[str, Mapping[str, float]],
    relearned: Mapping[str, Mapping[str, float]],
    colors: Mapping[str, str],
) -> go.Figure:
    """Return a line for each network: the accuracy in percent of the probe at each place, by title and place.

    Dotted: that of the probes that learned from digits with the same cut, if any.
    """
    figure = go.Figure()
    for lines, dash in ((accuracies, "solid"), (relearned, "dot")):
        for title, by_place in lines.items():
            figure.add_scatter(
                x=list(by_place),
                y=list(by_place.values()),
                name=title if dash == "solid" else f"{title}, learned from such digits",
                mode="lines+markers",
                line={"color": colors[title], "width": 3, "dash": dash},
                showlegend=dash == "solid",
                hovertemplate="%{y:.1f} %",
            )
    longest = max(accuracies.values(), key=len)
    others = [place for one in accuracies.values() for place in one if place not in longest]
    order = [*list(longest)[:-1], *others, list(longest)[-1]]
    figure.update_xaxes(title="read after", type="category", categoryorder="array", categoryarray=order)
    figure.update_yaxes(title="accuracy, %", range=[0, 101])
    figure.update_layout(height=340, margin=MARGIN, hovermode="x unified", legend=LEGEND_ABOVE)
    return figure
