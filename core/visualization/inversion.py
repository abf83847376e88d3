"""The inversion laboratory, drawn: a table of variants with their curves, the algebra step by step, omega."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from core.visualization.arrays import Picture, to_data_url
from core.visualization.figures import Curve, draw_curves
from core.visualization.signed_colors import NEGATIVE, NEUTRAL, POSITIVE

STYLE = f"""<style>
.ns-scroll {{ overflow-x: auto; }}
.ns-lab {{ border-collapse: collapse; width: 100%; font-size: .86rem; line-height: 1.2; }}
.ns-lab th {{ text-align: left; font-weight: 600; opacity: .75; font-size: .78rem; }}
.ns-lab td, .ns-lab th {{ padding: .12rem .5rem; border-bottom: 1px solid #8884; white-space: nowrap; }}
.ns-lab td:first-child {{ white-space: normal; min-width: 9rem; }}
.ns-lab img {{ height: 40px; display: block; }}
.ns-lab .ns-base td {{ font-weight: 600; border-top: 2px solid #8888; }}
.ns-lab td.ns-number, .ns-lab th.ns-number {{ text-align: right; font-variant-numeric: tabular-nums; }}
.ns-more {{ color: #2E86C1; font-size: .78rem; }}
.ns-less {{ color: #D9415C; font-size: .78rem; }}
.ns-tag {{ border-radius: .6rem; padding: .05rem .45rem; font-size: .74rem; background: #8883; }}
.ns-tag.ns-other {{ background: rgb{POSITIVE}; color: #04121c; }}
.ns-step {{ border-left: 4px solid {NEUTRAL}; padding: .1rem 0 .25rem .7rem; margin-bottom: .55rem; }}
.ns-step code {{ font-size: .84rem; white-space: normal; line-height: 1.5; }}
</style>"""


@dataclass(frozen=True, eq=False)
class VariantRow:
    """One network of the laboratory: what its head reads, and how well that goes."""

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
    """What it reads in the person's digit, and how sure it is."""


def draw_inversion_curve(given: NDArray[np.floating], read: NDArray[np.floating], *, color: str) -> str:
    """Return the curve of what a head reads against what a convolution gave, as the address of an SVG picture.

    Its axes cross at zero, one unit is as long in every such picture.
    """
    points = " ".join(f"{10 * x:.1f},{-10 * y:.1f}" for x, y in zip(given, np.clip(read, -4.2, 6.2), strict=True))
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-42 -64 84 108" width="84" height="108">'
        f'<path d="M-42,0H42M0,-64V44" stroke="{NEUTRAL}" stroke-width="1.5"/>'
        f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="6"/></svg>'
    )
    return "data:image/svg+xml," + quote(svg)


def draw_variants(rows: Sequence[VariantRow], columns: Sequence[str], *, answers: bool) -> str:
    """Return the table; `columns` are the accuracies shown, `answers` adds what each reads now."""
    words = ["network", "its head reads", "", "", *(["your digit"] if answers else [])]
    head = "".join(f"<th>{heading}</th>" for heading in words)
    head += "".join(f'<th class="ns-number">{escape(column)}</th>' for column in columns)
    body = "".join(_variant(row, columns, answers=answers) for row in rows)
    return f'{STYLE}<div class="ns-scroll"><table class="ns-lab ns-variants"><tr>{head}</tr>{body}</table></div>'


def _variant(row: VariantRow, columns: Sequence[str], *, answers: bool) -> str:
    tag = f'<span class="ns-tag{" ns-other" if row.kind == "other functions" else ""}">{escape(row.kind)}</span>'
    image = f'<img src="{row.curve}" alt="its curve">'
    cells = [escape(row.title), escape(row.formula), image, tag, *([escape(row.answer)] if answers else [])]
    figures = "".join(f'<td class="ns-number">{_figure(row, column)}</td>' for column in columns)
    kind = ' class="ns-base"' if row.base is None else ""
    return f"<tr{kind}>{''.join(f'<td>{cell}</td>' for cell in cells)}{figures}</tr>"


def _figure(row: VariantRow, column: str) -> str:
    if column not in row.accuracies:
        return "–"
    value = row.accuracies[column]
    if row.base is None or column not in row.base:
        return f"{value:.1f}"
    gain = round(value - row.base[column], 1) + 0.0  # no minus zero
    sign = "ns-more" if gain > 0 else "ns-less" if gain < 0 else ""
    return f'{value:.1f} <span class="{sign}">{gain:+.1f}</span>'


def draw_logits(rows: Mapping[str, NDArray[np.floating]], classes: Sequence[str]) -> str:
    """Return rows of logits under one another, and the difference of the first two in the last row."""
    first, second = list(rows.values())[:2]
    head = "".join(f'<th class="ns-number">{escape(name)}</th>' for name in classes)
    body = "".join(_logits(title, [f"{value:.4f}" for value in values]) for title, values in rows.items())
    difference = _logits("difference", [f"{value:.0e}" if value else "0" for value in first - second])
    return (
        f'{STYLE}<div class="ns-scroll"><table class="ns-lab ns-logits"><tr><th>logit of class</th>{head}</tr>'
        f"{body}{difference}</table></div>"
    )


def _logits(title: str, figures: Sequence[str]) -> str:
    cells = "".join(f'<td class="ns-number">{figure}</td>' for figure in figures)
    return f"<tr><td>{escape(title)}</td>{cells}</tr>"


def draw_omega(curves: Sequence[Curve], omega: float) -> go.Figure:
    """Return accuracy against omega for each pair of heads, the chosen omega marked; the axis is cut to the curves."""
    figure = draw_curves(curves, x_title="omega, the weight of the second head", y_title="read right, %")
    values = [value for curve in curves for value in curve.y]
    figure.update_traces(mode="lines")
    figure.update_yaxes(range=[min(values) - 1, max(values) + 1])
    figure.add_vline(x=omega, line={"color": NEUTRAL, "width": 2, "dash": "dot"})
    figure.update_layout(height=300, legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"})
    return figure


CARD_STYLE = f"""<style>
.ns-missing {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(220px, 1fr)); gap: .9rem; }}
.ns-feature {{ border-top: 3px solid rgb{NEGATIVE}; padding-top: .4rem; font-size: .84rem; line-height: 1.3; }}
.ns-feature-pictures {{ display: grid; grid-template-columns: 3fr 2fr; gap: .5rem; align-items: stretch; }}
.ns-feature img {{ width: 100%; height: 100%; object-fit: contain; background: #000; image-rendering: pixelated; }}
.ns-feature figure {{ margin: 0; display: flex; flex-direction: column; }}
.ns-feature figcaption {{ font-size: .72rem; opacity: .75; }}
.ns-votes {{ display: grid; grid-template-columns: repeat(var(--ns-classes), 1fr); gap: 3px; height: 4.4rem;
  margin: .35rem 0; position: relative; text-align: center; font-size: .72rem; }}
.ns-vote {{ display: grid; grid-template-rows: minmax(0, var(--ns-up)) auto minmax(0, var(--ns-down)); }}
.ns-vote i {{ display: flex; flex-direction: column; justify-content: flex-end; }}
.ns-vote i + span + i {{ justify-content: flex-start; }}
.ns-vote b {{ display: block; border-radius: 2px; }}
.ns-vote span {{ opacity: .75; line-height: 1.15; }}
</style>"""


@dataclass(frozen=True, eq=False)
class FeatureCard:
    """One missing feature as people see it."""

    title: str
    patches: Picture
    where: Picture
    votes: NDArray[np.floating]
    text: str


def draw_feature_cards(cards: Sequence[FeatureCard], classes: Sequence[str]) -> str:
    """Return missing features side by side: what each looks like, where it is missing, whom that speaks against."""
    votes = np.array([card.votes for card in cards])
    up, down = max(0.0, float(votes.max(initial=0))), max(1e-9, -float(votes.min(initial=0)))
    # Both sides of zero to one scale, so the room above and below is shared out as it is needed.
    style = f"--ns-classes:{len(classes)};--ns-up:{up:.3f}fr;--ns-down:{down:.3f}fr"
    shown = "".join(_card(card, classes, up, down) for card in cards)
    return f'{CARD_STYLE}<div class="ns-missing" style="{style}">{shown}</div>'


def _card(card: FeatureCard, classes: Sequence[str], up: float, down: float) -> str:
    pictures = "".join(
        f'<figure><img src="{to_data_url(picture)}" alt="{caption}"><figcaption>{caption}</figcaption></figure>'
        for picture, caption in ((card.patches, "what it looks for"), (card.where, "where it is missing"))
    )
    votes = "".join(_vote(float(value), name, up, down) for value, name in zip(card.votes, classes, strict=True))
    return (
        f'<div class="ns-feature"><b>{escape(card.title)}</b><div class="ns-feature-pictures">{pictures}</div>'
        f'<div class="ns-votes">{votes}</div>{escape(card.text)}</div>'
    )


def _vote(value: float, name: str, up: float, down: float) -> str:
    name, share = escape(name), abs(value) / (up if value > 0 else down)
    bar = f'<b style="height:{100 * share:.0f}%;background:rgb{POSITIVE if value > 0 else NEGATIVE}"></b>'
    above, below = (bar, "") if value > 0 else ("", bar)
    return f'<div class="ns-vote" title="{name}: {value:+.2f}"><i>{above}</i><span>{name}</span><i>{below}</i></div>'


def draw_contributions(
    missing: Sequence[float], there: Sequence[float], rest: Sequence[float], classes: Sequence[str]
) -> go.Figure:
    """Return how far each class is behind the answer, split by what says so; the three parts of a bar sum to it."""
    figure = go.Figure()
    parts = (
        ("what is missing", missing, f"rgb{NEGATIVE}"),
        ("what is there", there, NEUTRAL),
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
    figure.update_yaxes(title="logit, compared with the answer's", zeroline=True, zerolinecolor=NEUTRAL)
    figure.update_layout(
        barmode="relative",
        height=300,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        legend={"orientation": "h", "y": -0.02, "yanchor": "top"},
    )
    return figure


def draw_map_strengths(strengths: NDArray[np.floating], classes: Sequence[str]) -> go.Figure:
    """Return how strong each map is in each class `(classes, maps)`, maps sorted by the class they are strongest in."""
    order = np.lexsort((-strengths.max(0), strengths.argmax(0)))
    figure = go.Figure(
        go.Heatmap(
            z=100 * strengths[:, order],
            x=[str(number) for number in order],
            y=list(classes),
            zmin=0,
            zmax=100,
            colorscale="Greys_r",
            xgap=1,
            ygap=1,
            colorbar={"title": "%", "thickness": 12},
            hovertemplate="map %{x} in a %{y}: %{z:.0f} % of its strongest class<extra></extra>",
        )
    )
    figure.update_xaxes(type="category", title="feature map", tickfont={"size": 9})
    figure.update_yaxes(type="category", autorange="reversed", title="class")
    figure.update_layout(height=330, margin={"l": 10, "r": 10, "t": 10, "b": 10})
    return figure
