"""What speaks for and against, drawn: pictures in which zero is black, and bars that start at zero."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from core.visualization.arrays import Picture, contact_sheet, mark_erased, to_data_url

FOR, AGAINST = (79, 168, 224), (240, 82, 107)  # blue and red that colour-blind eyes tell apart, on black and on white
NEUTRAL = "#8A8F98"
INK = 0.45  # of its brightness that a digit keeps under coloured evidence

STYLE = f"""<style>
.ns-missing {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(220px, 1fr)); gap: .9rem; }}
.ns-feature {{ border-top: 3px solid rgb{AGAINST}; padding-top: .4rem; font-size: .84rem; line-height: 1.3; }}
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


def to_signed(values: NDArray[np.floating], limit: float) -> Picture:
    """Return values as colours `(..., 3)`: black at zero, blue up to `limit`, red down to `-limit`."""
    share = np.clip(np.nan_to_num(values) / max(limit, 1e-9), -1, 1)[..., None]
    return np.rint(np.abs(share) * np.where(share > 0, FOR, AGAINST)).astype(np.uint8)


def overlay_evidence(
    digit: NDArray[np.floating], mask: NDArray[np.bool_], values: NDArray[np.floating], *, limit: float, factor: int
) -> Picture:
    """Return the digit, what is erased of it hatched, under the light of signed values `(28, 28)`."""
    ground = INK * mark_erased(digit, mask, factor)
    light = to_signed(values, limit).repeat(factor, 0).repeat(factor, 1)
    return np.rint(255 - (255 - ground) * (255.0 - light) / 255).astype(np.uint8)


def draw_signed_sheet(filters: NDArray[np.floating], columns: int, *, limit: float, factor: int) -> Picture:
    """Return signed squares `(N, k, k)` on one sheet in colour; its lines are grey, zero is black."""
    channels = [
        contact_sheet(list(channel), columns, factor=factor)
        for channel in np.moveaxis(to_signed(filters, limit) / 255, -1, 0)
    ]
    return np.stack(channels, -1)


@dataclass(frozen=True, eq=False)
class FeatureCard:
    """One missing feature as people see it."""

    title: str
    patches: Picture
    where: Picture
    votes: NDArray[np.floating]
    text: str


def draw_cards(cards: Sequence[FeatureCard], classes: Sequence[str]) -> str:
    """Return missing features side by side: what each looks like, where it is missing, whom that speaks against."""
    votes = np.array([card.votes for card in cards])
    up, down = max(0.0, float(votes.max(initial=0))), max(1e-9, -float(votes.min(initial=0)))
    # Both sides of zero to one scale, so the room above and below is shared out as it is needed.
    style = f"--ns-classes:{len(classes)};--ns-up:{up:.3f}fr;--ns-down:{down:.3f}fr"
    shown = "".join(_card(card, classes, up, down) for card in cards)
    return f'{STYLE}<div class="ns-missing" style="{style}">{shown}</div>'


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
    bar = f'<b style="height:{100 * share:.0f}%;background:rgb{FOR if value > 0 else AGAINST}"></b>'
    above, below = (bar, "") if value > 0 else ("", bar)
    return f'<div class="ns-vote" title="{name}: {value:+.2f}"><i>{above}</i><span>{name}</span><i>{below}</i></div>'


def draw_balance(
    missing: Sequence[float], there: Sequence[float], rest: Sequence[float], classes: Sequence[str]
) -> go.Figure:
    """Return how far each class is behind the answer, split by what says so; the three parts of a bar sum to it."""
    figure = go.Figure()
    parts = (("what is missing", missing, f"rgb{AGAINST}"), ("what is there", there, NEUTRAL), ("biases", rest, "#555"))
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


def draw_strengths(strengths: NDArray[np.floating], classes: Sequence[str]) -> go.Figure:
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
