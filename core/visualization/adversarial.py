"""Attacks, drawn: a digit and what is added to it step by step, noises on a sheet, two networks side by side.

Signed colours throughout: black is zero, blue is ink that was added, red is ink that was taken away.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from html import escape

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from core.visualization.arrays import ERASED, Picture, enlarge, to_data_url, to_gray
from core.visualization.number_format import format_factor
from core.visualization.signed_colors import NEGATIVE, POSITIVE, to_signed

PANEL = 5  # pixels of the picture for one of the digit: two panels beside one another are as wide as the player
SMALL = 2  # the same for ten noises
LINE = 15  # pixels of a caption
GROUND, RULE = 40, 70  # greys behind captions and between panels
INK, FAINT = 235, 160  # greys of what is written
BARS = 0.8  # of their panel's height that a bar for certainty reaches


def draw_attack(
    image: NDArray[np.floating],
    original: NDArray[np.floating],
    probabilities: NDArray[np.floating],
    classes: Sequence[str],
    *,
    color: str,
    target: int,
    magnify: float,
    mask: NDArray[np.bool_] | None = None,
) -> Picture:
    """Return `(H, W, 3)`: the digit now, what was added, the same `magnify` times as strong, and a network's ten bars.

    `image` and `original` are `(28, 28)`; the class `target` is framed; where `mask` is False a sticker may go, which
    is outlined. All frames of an attack have one size.
    """
    change = image - original
    now = np.repeat(enlarge(to_gray(image), PANEL)[..., None], 3, -1)
    if mask is not None:
        now = _outline(now, mask)
    strength = f"magnified {format_factor(magnify)} times" if magnify > 1.05 else "not magnified"
    panels = [
        (now, "the digit now"),
        (enlarge(to_signed(change, 1.0), PANEL), "what was added"),
        (enlarge(to_signed(magnify * change, 1.0), PANEL), strength),
        (_bars(probabilities, tuple(classes), color, target), "what is read"),
    ]
    cells = [np.concatenate([_caption(text, panel.shape[1]), panel]) for panel, text in panels]
    return np.concatenate([np.concatenate(cells[:2], 1), np.concatenate(cells[2:], 1)])


def _outline(picture: Picture, mask: NDArray[np.bool_]) -> Picture:
    """Return the picture with a line along the inner rim of where the mask is False."""
    gone = np.pad(enlarge((~mask).astype(np.uint8), PANEL) > 0, 1)
    inner = gone[:-2, 1:-1] & gone[2:, 1:-1] & gone[1:-1, :-2] & gone[1:-1, 2:]
    return np.where((gone[1:-1, 1:-1] & ~inner)[..., None], np.array(ERASED, np.uint8), picture)


def _bars(probabilities: NDArray[np.floating], classes: tuple[str, ...], color: str, target: int) -> Picture:
    side, read = 28 * PANEL, int(probabilities.argmax())
    sheet = Image.new("RGB", (side, side))
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(11)
    width, bottom = side / len(classes), side - LINE
    for number, share in enumerate(probabilities):
        left, right = round(width * number) + 1, round(width * (number + 1)) - 2
        if number == target:
            pen.rectangle((left - 1, 2, right + 1, side - 1), outline=(RULE + 40,) * 3)
        fill = color if number == read else (RULE + 20,) * 3
        pen.rectangle((left, bottom - max(1, round(BARS * side * float(share))), right, bottom), fill=fill)
        pen.text(
            ((left + right + 1) / 2, bottom + 1), classes[number], fill=_grey(number == read), font=font, anchor="ma"
        )
    return np.asarray(sheet)


def _grey(loud: bool) -> tuple[int, int, int]:
    return (INK if loud else FAINT,) * 3


@lru_cache(maxsize=2048)
def _caption(text: str, width: int, loud: bool = False) -> Picture:
    """Return a line of text on grey; frames have nearly the same captions from step to step."""
    line = Image.new("RGB", (width, LINE), (GROUND,) * 3)
    ImageDraw.Draw(line).text((width / 2, 1), text, fill=_grey(loud), font=ImageFont.load_default(11), anchor="ma")
    return np.asarray(line)


def draw_noises(
    noises: NDArray[np.floating],
    classes: Sequence[str],
    *,
    limit: float,
    columns: int = 5,
    factor: int = SMALL,
    chosen: int | None = None,
) -> Picture:
    """Return noises `(classes, 28, 28)` in signed colours, full at `limit`, each under the class it leads to."""
    cells = [
        (enlarge(to_signed(noise, limit), factor), f"to {name}", number == chosen)
        for number, (noise, name) in enumerate(zip(noises, classes, strict=True))
    ]
    return _sheet(cells, columns)


def draw_universal(
    noises: NDArray[np.floating],
    noisy: NDArray[np.floating],
    readings: Sequence[int],
    labels: Sequence[int],
    classes: Sequence[str],
    *,
    limit: float,
    chosen: int,
) -> Picture:
    """Return one moment of universal noise `(H, W, 3)`: all noises, and digits with the chosen one, as they are read.

    `noisy` `(N, 28, 28)` are the digits with it, `labels` what they are. A reading that was led to the class is red.
    """
    top = draw_noises(noises, classes, limit=limit, chosen=chosen)
    cells = [
        (
            np.repeat(enlarge(to_gray(digit), SMALL)[..., None], 3, -1),
            f"{classes[label]} read {classes[read]}",
            read == chosen,
        )
        for digit, label, read in zip(noisy, labels, readings, strict=True)
    ]
    return np.concatenate([top, _sheet(cells, 5)])


def _sheet(cells: Sequence[tuple[Picture, str, bool]], columns: int) -> Picture:
    """Return pictures with captions above them, the loud ones framed; no gap, but a line, between two."""
    drawn = []
    for picture, text, loud in cells:
        picture = picture.copy()
        for edge in (picture[0], picture[-1], picture[:, 0], picture[:, -1]):
            edge[:] = NEGATIVE if loud else RULE
        drawn.append(np.concatenate([_caption(text, picture.shape[1], loud), picture]))
    blank = np.full_like(drawn[0], GROUND)
    drawn += [blank] * (-len(drawn) % columns)
    rows = [np.concatenate(drawn[start : start + columns], 1) for start in range(0, len(drawn), columns)]
    return np.concatenate(rows)


def draw_comparison(
    images: Sequence[NDArray[np.floating]], original: NDArray[np.floating], words: Sequence[str]
) -> Picture:
    """Return `(H, W, 3)`: for each network the digit `(28, 28)` made for it under its words, and what was changed."""
    columns = [
        np.concatenate(
            [
                _caption(text, 28 * PANEL),
                np.repeat(enlarge(to_gray(image), PANEL)[..., None], 3, -1),
                _caption("what was changed", 28 * PANEL),
                enlarge(to_signed(image - original, 1.0), PANEL),
            ]
        )
        for image, text in zip(images, words, strict=True)
    ]
    return np.concatenate(columns, 1)


STYLE = f"""<style>
.ns-noise {{ overflow-x: auto; }}
.ns-noise table {{ border-collapse: collapse; font-size: .78rem; line-height: 1.1; text-align: center; }}
.ns-noise td, .ns-noise th {{ padding: 2px; font-weight: 400; }}
.ns-noise img {{ display: block; width: 56px; height: 56px; image-rendering: pixelated; background: #000; }}
.ns-noise td {{ border-bottom: 4px solid transparent; }}
.ns-noise td.ns-led {{ border-color: rgb{NEGATIVE}; font-weight: 700; }}
.ns-matrix td {{ min-width: 2.3rem; height: 1.7rem; border: 0; }}
.ns-matrix th {{ text-align: left; white-space: nowrap; padding-right: .5rem; }}
.ns-matrix tr:first-child th + th {{ height: 8.5rem; vertical-align: bottom; padding: 0; }}
.ns-matrix th span {{ writing-mode: vertical-rl; transform: rotate(180deg); }}
.ns-noise td.ns-right {{ border-color: rgb{POSITIVE}; }}
</style>"""


def draw_noise_table(
    noises: NDArray[np.floating],
    noisy: NDArray[np.floating],
    readings: NDArray[np.int64],
    labels: Sequence[int],
    classes: Sequence[str],
    *,
    limit: float,
) -> str:
    """Return as HTML how every digit is read with every noise (V4): a row for each digit, a column for each noise.

    `noisy` `(classes, N, 28, 28)`, `readings` `(N, classes)`. Red: led to the noise's class; blue: still read right.
    """
    heads = "".join(
        f"<th>{_image(to_signed(noise, limit), f'noise to {name}')}to {escape(name)}</th>"
        for noise, name in zip(noises, classes, strict=True)
    )
    rows = "".join(
        f"<tr><th>really<br><b>{escape(classes[label])}</b></th>"
        + "".join(_cell(noisy[to, row], int(read), label, to, classes) for to, read in enumerate(readings[row]))
        + "</tr>"
        for row, label in enumerate(labels)
    )
    return f'{STYLE}<div class="ns-noise"><table><tr><th></th>{heads}</tr>{rows}</table></div>'


def _cell(digit: NDArray[np.floating], read: int, label: int, to: int, classes: Sequence[str]) -> str:
    kind = "ns-right" if read == label else "ns-led" if read == to else "ns-other"
    words = f"a {classes[label]} with the noise to {classes[to]}, read as {classes[read]}"
    return f'<td class="{kind}">{_image(to_gray(digit), words)}{escape(classes[read])}</td>'


def _image(picture: Picture, words: str) -> str:
    return f'<img src="{to_data_url(picture)}" alt="{escape(words)}" title="{escape(words)}">'


def draw_accuracy_matrix(
    accuracies: NDArray[np.floating], rows: Sequence[str], columns: Sequence[str], *, framed: Sequence[tuple[int, int]]
) -> str:
    """Return percents `(rows, columns)` as HTML, the darker the fewer; those `framed` get a frame, `nan` is a dash."""
    head = "".join(f"<th><span>{escape(name)}</span></th>" for name in columns)
    body = "".join(
        f"<tr><th>{escape(name)}</th>"
        + "".join(_share(float(value), (row, column) in framed) for column, value in enumerate(accuracies[row]))
        + "</tr>"
        for row, name in enumerate(rows)
    )
    corner = "<th>noise made for ↓, read by →</th>"
    return f'{STYLE}<div class="ns-noise ns-matrix"><table><tr>{corner}{head}</tr>{body}</table></div>'


def _share(percent: float, own: bool) -> str:
    if np.isnan(percent):
        return "<td>–</td>"
    ink = f"rgb({NEGATIVE[0]} {NEGATIVE[1]} {NEGATIVE[2]} / {0.95 * (1 - percent / 100):.2f})"
    frame = "outline:2px solid currentColor;outline-offset:-2px" if own else ""
    return f'<td style="background:{ink};{frame}">{percent:.0f}</td>'
