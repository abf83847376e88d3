"""How a network's sigmoids are distributed while it learns: a histogram for each stage, a row for each network."""

from collections.abc import Mapping, Sequence

import numpy as np

from core.visualization.arrays import CAPTION_GROUND, Picture, Values
from core.visualization.labels import Labelled, put_beside, stack, to_strip

BAR, HEIGHT, GAP, LINE = 9, 72, 10, 26  # pixels: a bar's width, a histogram's height, between two, of a line of text
FULL = 0.5  # the share of all outputs at which a bar is as high as the picture
PLAIN, EDGES = (86, 180, 233), (230, 120, 0)  # colours of a bar; of the first and the last one, which are saturated


def draw_saturation(rows: Mapping[str, Sequence[tuple[str, Values]]]) -> Labelled:
    """Return a row of histograms for each network; each has a title and the shares `(bins,)` of outputs from 0 to 1."""
    parts = []
    for name, stages in rows.items():
        row = put_beside(*(_draw_stage(title, shares) for title, shares in stages))
        parts += [to_strip(name, row.picture, height=LINE), row, to_strip("", row.picture, height=GAP)]
    return stack(*parts)


def _draw_stage(title: str, shares: Values) -> Labelled:
    bars = _draw_bars(shares)
    return stack(to_strip(title, bars, height=LINE), Labelled(bars))


def _draw_bars(shares: Values) -> Picture:
    picture = np.full((HEIGHT, BAR * len(shares) + 2 * GAP, 3), CAPTION_GROUND, np.uint8)
    for number, share in enumerate(shares):
        top = HEIGHT - 1 - round(min(1.0, float(share) / FULL) * (HEIGHT - GAP))
        left = GAP + BAR * number
        picture[top:, left : left + BAR - 1] = EDGES if number in (0, len(shares) - 1) else PLAIN
    return picture
