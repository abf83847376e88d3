"""Pictures in a row that wraps: five beside one another on a laptop, two on a phone, all of one height."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from core.visualization.arrays import Picture, to_data_url


@dataclass(frozen=True, eq=False)
class GalleryItem:
    """A picture, its caption, and HTML that stands below."""

    picture: Picture
    caption: str
    below: str = ""


def draw_gallery(items: Sequence[GalleryItem], *, min_width: int, css_class: str) -> str:
    """Return the items as HTML, each at least `min_width` pixels wide, in a box of class `css_class`."""
    figures = "".join(_figure(item) for item in items)
    grid = f"display:grid;grid-template-columns:repeat(auto-fit,minmax({min_width}px,1fr));gap:.75rem"
    return f'<div class="{css_class}" style="{grid}">{figures}</div>'


def _figure(item: GalleryItem) -> str:
    # A digit's own pixels are to be seen; a larger picture only suffers from such scaling.
    rendering = "pixelated" if max(item.picture.shape[:2]) <= 64 else "auto"
    style = f"width:100%;aspect-ratio:1;object-fit:contain;background:#000;image-rendering:{rendering}"
    caption = escape(item.caption)
    return (
        f'<figure style="margin:0"><img src="{to_data_url(item.picture)}" alt="{caption}" style="{style}">'
        f'<figcaption style="font-size:.8rem;opacity:.8;line-height:1.25;padding-top:.15rem">{caption}</figcaption>'
        f"{item.below}</figure>"
    )


def draw_metrics(figures: Mapping[str, str]) -> str:
    """Return figures side by side, each under its name; two in a row on a phone."""
    cells = "".join(
        f'<div><div style="font-size:.78rem;opacity:.75">{escape(name)}</div>'
        f'<div style="font-size:1.25rem;font-weight:600;line-height:1.2">{escape(value)}</div></div>'
        for name, value in figures.items()
    )
    grid = "display:grid;grid-template-columns:repeat(auto-fit,minmax(120px,1fr));gap:.4rem 1rem"
    return f'<div class="ns-figures" style="{grid}">{cells}</div>'
