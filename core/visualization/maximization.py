"""Pictures that maximise activations on one sheet, with captions and bars."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from PIL import Image

from core.visualization.arrays import CAPTION_GROUND, Picture, Values, enlarge, to_gray
from core.visualization.labels import Labelled, arrange_labelled, stack, to_strip

GAP, LINE = 4, 15  # pixels between pictures, and of a caption
FAINT = 150  # grey of the bars
DEAD = 70  # grey of the bars across a neuron that never responds
MAX_FRAMES = 100  # of an animation


@dataclass(frozen=True)
class Layout:
    """How a sheet is laid out; the same for all steps of an optimisation."""

    columns: int
    factor: int = 2
    """Pixels of the sheet for one of a picture."""


def layout_for(count: int) -> Layout:
    """Return a layout that is about twice as wide as it is high: five digits in a row, nine of 32 maps."""
    return Layout(max(1, count), 4) if count <= 5 else Layout(ceil((2.4 * count) ** 0.5))


def draw_sheet(
    pictures: Values,
    captions: Sequence[str],
    layout: Layout,
    *,
    shares: Sequence[float] | None = None,
    dead: Sequence[bool] | None = None,
) -> Labelled:
    """Return the pictures `(N, 28, 28)` in [0, 1] as one grey sheet `(H, W)`, a caption under each.

    `shares` are drawn as bars under the captions; what is `dead` is crossed out, not shown as if it were an answer.
    """
    cells = []
    for number, picture in enumerate(pictures):
        crossed = dead is not None and dead[number]
        shown = _cross_out(picture, layout.factor) if crossed else enlarge(to_gray(picture), layout.factor)
        bar = _bar(shares[number] if shares is not None else 0.0, len(shown))
        cells.append(stack(Labelled(shown), to_strip(captions[number], shown, height=LINE), Labelled(bar)))
    return arrange_labelled(cells, min(layout.columns, len(cells)), gap=GAP)


def _cross_out(picture: Values, factor: int) -> Picture:
    side = picture.shape[0] * factor
    row, column = np.indices((side, side))
    return np.where((row + column) % (4 * factor) < factor, DEAD, 0).astype(np.uint8)


def _bar(share: float, width: int) -> Picture:
    bar = np.full((2, width), CAPTION_GROUND, np.uint8)
    bar[:, : round(width * min(1.0, max(0.0, share)))] = FAINT
    return bar


def to_animation(pictures: Sequence[Picture], *, seconds: float = 8.0) -> bytes:
    """Return grey sheets of one size as an animated PNG that plays for ever and rests at its end."""
    kept = [pictures[round(at)] for at in np.linspace(0, len(pictures) - 1, min(len(pictures), MAX_FRAMES))]
    first, *others = [Image.fromarray(picture) for picture in kept]
    each = max(20, round(1000 * seconds / len(kept)))
    stream = io.BytesIO()
    first.save(stream, "PNG", save_all=True, append_images=others, duration=[each] * len(others) + [1500], loop=0)
    return stream.getvalue()
