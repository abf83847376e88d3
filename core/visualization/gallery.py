"""Pictures in a row that wraps: five beside one another on a laptop, two on a phone, all of one height."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from core.visualization.arrays import Picture, to_data_url


@dataclass(frozen=True, eq=False)
class Exhibit:
    """A picture, its caption, and HTML that stands below."""

    picture: Picture
    caption: str
    below: str = ""


def draw_gallery(exhibits: Sequence[Exhibit], *, least: int, name: str) -> str:
    """Return the exhibits as HTML, each at least `least` pixels wide; `name` is the class tests find them by."""
    figures = "".join(_figure(exhibit) for exhibit in exhibits)
    grid = f"display:grid;grid-template-columns:repeat(auto-fit,minmax({least}px,1fr));gap:.75rem"
    return f'<div class="{name}" style="{grid}">{figures}</div>'


def _figure(exhibit: Exhibit) -> str:
    # A digit's own pixels are to be seen; a larger picture only suffers from such scaling.
    rendering = "pixelated" if max(exhibit.picture.shape[:2]) <= 64 else "auto"
    style = f"width:100%;aspect-ratio:1;object-fit:contain;background:#000;image-rendering:{rendering}"
    caption = escape(exhibit.caption)
    return (
        f'<figure style="margin:0"><img src="{to_data_url(exhibit.picture)}" alt="{caption}" style="{style}">'
        f'<figcaption style="font-size:.8rem;opacity:.8;line-height:1.25;padding-top:.15rem">{caption}</figcaption>'
        f"{exhibit.below}</figure>"
    )
