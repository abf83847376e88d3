"""Inverted features: the table of variants, logits, omega, and what absent features say about each class."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

import numpy as np
import plotly.graph_objects as go

from core.system.number_format import with_minus
from core.visualization.arrays import Picture, Values
from core.visualization.figures import MARGIN, Curve, draw_curves
from core.visualization.map_tables import draw_maps_by_class
from core.visualization.palette import GRAY
from core.visualization.rendering import render
from core.visualization.signed_colors import NEGATIVE


@dataclass(frozen=True, eq=False)
class VariantRow:
    """One variant of a network: what its head reads, and its accuracies."""

    title: str
    formula: str
    curve: str
    """A picture's address; see `draw_inversion_curve`."""
    kind: str
    """What it is: "ordinary", "same functions" or "other functions"."""
    accuracies: Mapping[str, float]
    base: Mapping[str, float] | None = None
    """The accuracies of its ordinary network; None when it is one itself."""
    answer: str = ""
    """What it reads in the user's digit, and how sure it is."""

    def gain(self, column: str) -> float | None:
        """Return the accuracy in points above that of its ordinary network, if both are known."""
        if self.base is None or column not in self.base or column not in self.accuracies:
            return None
        return round(self.accuracies[column] - self.base[column], 1) + 0.0  # no minus zero


def draw_inversion_curve(given: Values, read: Values, *, color: str) -> str:
    """Return the curve of what a head reads against what a convolution gave, as the address of an SVG picture.

    Its axes cross at zero, one unit is as long in every such picture.
    """
    points = " ".join(f"{10 * x:.1f},{-10 * y:.1f}" for x, y in zip(given, np.clip(read, -4.2, 6.2), strict=True))
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-42 -64 84 108" width="84" height="108">'
        f'<path d="M-42,0H42M0,-64V44" stroke="{GRAY}" stroke-width="1.5"/>'
        f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="6"/></svg>'
    )
    return "data:image/svg+xml," + quote(svg)


def draw_variants(rows: Sequence[VariantRow], columns: Sequence[str], *, answers: bool) -> str:
    """Return the table as HTML; `columns` are the accuracies shown, `answers` adds what each network reads now."""
    return render("variants.html", rows=rows, columns=columns, answers=answers)


def draw_logits(rows: Mapping[str, Values], classes: Sequence[str]) -> str:
    """Return rows of logits one below another as HTML, and the difference of the first two in the last row."""
    first, second = list(rows.values())[:2]
    texts = {title: [with_minus(f"{value:.4f}") for value in values] for title, values in rows.items()}
    texts["difference"] = [_write_difference(float(value)) for value in first - second]
    return render("logits.html", rows=texts, classes=classes)


def _write_difference(value: float) -> str:
    return f"{'−' if value < 0 else ''}{abs(value):.0e}" if value else "0"


def draw_omega(curves: Sequence[Curve], omega: float) -> go.Figure:
    """Return accuracy against omega for each pair of heads, the chosen omega marked; the axis is cut to the curves."""
    figure = draw_curves(curves, x_title="omega, the weight of the second head", y_title="accuracy, %")
    values = [value for curve in curves for value in curve.y]
    figure.update_traces(mode="lines")
    figure.update_yaxes(range=[min(values) - 1, max(values) + 1])
    figure.add_vline(x=omega, line={"color": GRAY, "width": 2, "dash": "dot"})
    figure.update_layout(height=300)
    return figure


@dataclass(frozen=True, eq=False)
class FeatureCard:
    """A feature that the digit has not: what it looks like, where it is missing, and its effect on each class."""

    title: str
    patches: Picture
    where: Picture
    effects: Values
    """What its absence adds to each class's logit."""
    text: str

    def named_effects(self, classes: Sequence[str]) -> Iterable[tuple[str, float]]:
        return zip(classes, self.effects.tolist(), strict=True)


def draw_feature_cards(cards: Sequence[FeatureCard], classes: Sequence[str]) -> str:
    """Return missing features side by side as HTML: what each looks like, where it is missing, its effects."""
    effects = np.array([card.effects for card in cards])
    up, down = max(0.0, float(effects.max(initial=0))), max(1e-9, -float(effects.min(initial=0)))
    # Both sides of zero have one scale: the room above and below is shared out as it is needed.
    return render("feature_cards.html", cards=cards, classes=classes, up=up, down=down)


def draw_contributions(
    missing: Sequence[float], there: Sequence[float], rest: Sequence[float], classes: Sequence[str]
) -> go.Figure:
    """Return how far each class's logit is behind the answer's, in three parts that sum to it."""
    figure = go.Figure()
    parts = (
        ("what is missing", missing, f"rgb{NEGATIVE}"),
        ("what is there", there, GRAY),
        ("biases", rest, "#555"),
    )
    for name, values, color in parts:
        figure.add_bar(
            x=list(classes),
            y=list(values),
            name=name,
            marker={"color": color},
            hovertemplate="%{x}: %{y:+.1f}<extra>" + name + "</extra>",
        )
    figure.update_xaxes(type="category", side="top", title=None)
    figure.update_yaxes(title="logit, compared with the answer's", zeroline=True, zerolinecolor=GRAY)
    figure.update_layout(
        barmode="relative", height=300, margin=MARGIN, legend={"orientation": "h", "y": -0.02, "yanchor": "top"}
    )
    return figure


def draw_map_strengths(strengths: Values, classes: Sequence[str]) -> go.Figure:
    """Return how strong each map is in each class `(classes, maps)`, maps sorted by the class they are strongest in."""
    return draw_maps_by_class(
        100 * strengths, classes, most=100, unit="%", hover="map %{x} in a %{y}: %{z:.0f} % of its strongest class"
    )
