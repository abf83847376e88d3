"""The inversion laboratory, drawn: a table of variants with their curves, the algebra step by step, omega."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from core.visualization.absent_features import FOR, NEUTRAL
from core.visualization.figures import Curve, draw_curves

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
.ns-tag.ns-other {{ background: rgb{FOR}; color: #04121c; }}
.ns-step {{ border-left: 4px solid {NEUTRAL}; padding: .1rem 0 .25rem .7rem; margin-bottom: .55rem; }}
.ns-step code {{ font-size: .84rem; white-space: normal; line-height: 1.5; }}
</style>"""


@dataclass(frozen=True, eq=False)
class VariantRow:
    """One network of the laboratory: what its head reads, and how well that goes."""

    title: str
    formula: str
    curve: str
    """A picture's address; see `draw_response`."""
    kind: str
    """What it is: "ordinary", "same functions" or "other functions"."""
    accuracies: Mapping[str, float]
    base: Mapping[str, float] | None = None
    """The accuracies of its ordinary network; None when it is one itself."""
    answer: str = ""
    """What it reads in the person's digit, and how sure it is."""


def draw_response(given: NDArray[np.floating], read: NDArray[np.floating], *, color: str) -> str:
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


def draw_steps(steps: Sequence[tuple[str, str]]) -> str:
    """Return headings and the calculations under them, one below the other."""
    boxes = "".join(
        f'<div class="ns-step"><b>{escape(heading)}</b><br><code>{escape(line)}</code></div>' for heading, line in steps
    )
    return STYLE + boxes


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
