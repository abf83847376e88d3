"""Pictures or metrics in a row that wraps, as HTML: five pictures beside one another on a laptop, two on a phone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.visualization.arrays import Picture
from core.visualization.rendering import render

MAX_DIGIT_SIDE = 64  # pixels: a larger picture is a photograph or a drawing, and is smoothed when it is scaled


@dataclass(frozen=True, eq=False)
class GalleryItem:
    """A picture, its caption, and HTML that stands below."""

    picture: Picture
    caption: str
    below: str = ""

    @property
    def shows_pixels(self) -> bool:
        return max(self.picture.shape[:2]) <= MAX_DIGIT_SIDE


def draw_gallery(items: Sequence[GalleryItem], *, min_width: int, css_class: str) -> str:
    """Return the items as HTML, each at least `min_width` pixels wide, in a box of class `css_class`."""
    return render("gallery.html", items=items, min_width=min_width, css_class=css_class)


def draw_metrics(metrics: Mapping[str, str]) -> str:
    """Return metrics side by side as HTML, each under its name; two in a row on a phone."""
    return render("metrics.html", metrics=metrics)
