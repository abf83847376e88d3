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
    figures = "".join(
        f'<figure style="margin:0"><img src="{to_data_url(exhibit.picture)}" alt="{escape(exhibit.caption)}" '
        f'style="width:100%;aspect-ratio:1;object-fit:contain;background:#000;image-rendering:pixelated;'
        f'border-radius:4px"><figcaption style="font-size:.8rem;opacity:.8;line-height:1.25;padding-top:.15rem">'
        f"{escape(exhibit.caption)}</figcaption>{exhibit.below}</figure>"
        for exhibit in exhibits
    )
    grid = f"display:grid;grid-template-columns:repeat(auto-fit,minmax({least}px,1fr));gap:.75rem"
    return f'<div class="{name}" style="{grid}">{figures}</div>'
