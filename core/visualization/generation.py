"""What a generator makes: sheets by class, a walk from one digit to another, and what pretraining is worth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from core.visualization.arrays import Picture, Values, contact_sheet, enlarge, to_gray
from core.visualization.figures import LEGEND_ABOVE, MARGIN

CLASSES = 10
WALK_PICTURES = 9  # of a walk, always in sight
LARGE = 6  # pixels of a walk's picture for one of the digit
GROUND, MARK = 40, 235  # greys


def draw_samples(samples: Values, *, factor: int = 2) -> Picture:
    """Return samples `(N, 28, 28)` in [0, 1] that are in order of class as a grey sheet, a column for each class."""
    rows = samples.reshape(CLASSES, -1, *samples.shape[1:]).swapaxes(0, 1)
    return contact_sheet(list(rows.reshape(samples.shape)), CLASSES, factor=factor)


def draw_walk(image: Values, stations: Values, share: float) -> Picture:
    """Return the current picture `(28, 28)` over those on the way `(WALK_PICTURES, 28, 28)`, with a mark at `share`."""
    side = image.shape[0]
    strip = np.concatenate([to_gray(station) for station in stations], 1)
    large = enlarge(to_gray(image), LARGE)
    sheet = np.full((large.shape[0] + side + 6, strip.shape[1]), GROUND, np.uint8)
    left = (strip.shape[1] - large.shape[1]) // 2
    sheet[: large.shape[0], left : left + large.shape[1]] = large
    sheet[-side:] = strip
    at = round(share * (strip.shape[1] - side))
    sheet[-side - 4 : -side - 1, at : at + side] = MARK
    return sheet


@dataclass(frozen=True)
class PretrainingCurve:
    """The test error of classifiers with one kind of pretraining."""

    title: str
    color: str
    errors: Mapping[int, float]
    """Test error in percent by the number of labelled digits."""
    spread: Mapping[int, float]
    frozen: bool


def draw_pretraining(curves: Sequence[PretrainingCurve]) -> go.Figure:
    """Return the test error by the number of labelled digits; dotted where the convolutions were frozen."""
    figure = go.Figure()
    for one in curves:
        figure.add_scatter(
            x=list(one.errors),
            y=list(one.errors.values()),
            name=one.title,
            mode="lines+markers",
            line={"color": one.color, "width": 2 if one.frozen else 3, "dash": "dot" if one.frozen else "solid"},
            error_y={"array": list(one.spread.values()), "thickness": 1, "width": 3},
            hovertemplate="%{y:.2f} % wrong<extra>" + one.title + "</extra>",
        )
    counts = sorted({count for one in curves for count in one.errors})
    figure.update_xaxes(title="labelled digits", type="log", tickvals=counts, ticktext=[f"{n:,}" for n in counts])
    figure.update_yaxes(title="error, % (log scale)", type="log", tickvals=[0.5, 1, 2, 5, 10, 20, 50])
    figure.update_layout(height=440, margin=MARGIN, legend=LEGEND_ABOVE)
    return figure
