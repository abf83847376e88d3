"""Attacks: a digit and its perturbation step by step, universal noises, two networks side by side.

Signed colours throughout: black is zero, blue is added ink, red is removed ink.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from core.system.number_format import format_factor
from core.visualization import arrays
from core.visualization.arrays import Mask, Picture, Values, enlarge, to_gray, to_rgb
from core.visualization.labels import FAINT, INK, Label, Labelled, arrange_labelled, put_beside, stack, to_strip
from core.visualization.rendering import render
from core.visualization.signed_colors import NEGATIVE, to_signed

PANEL = 5  # pixels of the picture for one of the digit: two panels beside one another are as wide as the player
LARGE = 7  # the same for three panels in a row
SMALL = 2  # the same for ten noises
RULE = 70  # grey of the lines between panels
LARGE_LINE, LINE = 24, 15  # pixels of a caption
BARS = 0.8  # of the panel's height: a bar of probability 1


def draw_attack(
    image: Values,
    original: Values,
    probabilities: Values,
    classes: Sequence[str],
    *,
    color: str,
    target: int,
    magnify: float,
    mask: Mask | None = None,
) -> Labelled:
    """Return `(H, W, 3)`: the digit, its perturbation magnified `magnify` times, and the probabilities, in a row.

    `image` and `original` are `(28, 28)`; the class `target` is framed; a line surrounds the sticker, where `mask` is
    False. All frames of an attack have one size.
    """
    change = image - original
    now = to_rgb(enlarge(to_gray(image), LARGE))
    if mask is not None:
        now = _outline(now, mask)
    strength = f"noise, {format_factor(magnify)} times" if magnify > 1.05 else "noise"
    panels = [
        (Labelled(now), "attacked digit"),
        (Labelled(enlarge(to_signed(magnify * change, 1.0), LARGE)), strength),
        (_bars(probabilities, tuple(classes), color, target), "probabilities"),
    ]
    titled = [stack(to_strip(text, panel.picture, height=LARGE_LINE), panel) for panel, text in panels]
    return put_beside(*titled)


def _outline(picture: Picture, mask: Mask) -> Picture:
    """Return the picture with a line along the inner rim of where the mask is False."""
    gone = np.pad(enlarge((~mask).astype(np.uint8), LARGE) > 0, 1)
    inner = gone[:-2, 1:-1] & gone[2:, 1:-1] & gone[1:-1, :-2] & gone[1:-1, 2:]
    return np.where((gone[1:-1, 1:-1] & ~inner)[..., None], np.array(arrays.ERASED, np.uint8), picture)


def _bars(probabilities: Values, classes: tuple[str, ...], color: str, target: int) -> Labelled:
    side, read = 28 * LARGE, int(probabilities.argmax())
    sheet = Image.new("RGB", (side, side))
    pen, labels = ImageDraw.Draw(sheet), []
    width, bottom = side / len(classes), side - LARGE_LINE
    for number, share in enumerate(probabilities):
        left, right = round(width * number) + 1, round(width * (number + 1)) - 2
        if number == target:
            pen.rectangle((left - 1, 2, right + 1, side - 1), outline=(RULE + 40,) * 3)
        fill = color if number == read else (RULE + 20,) * 3
        pen.rectangle((left, bottom - max(1, round(BARS * side * float(share))), right, bottom), fill=fill)
        gray = INK if number == read else FAINT
        labels.append(Label(classes[number], width * number, bottom, width, LARGE_LINE, gray))
    return Labelled(np.asarray(sheet), tuple(labels))


def draw_noises(
    noises: Values,
    classes: Sequence[str],
    *,
    limit: float,
    columns: int = 5,
    factor: int = SMALL,
    chosen: int | None = None,
) -> Labelled:
    """Return noises `(classes, 28, 28)` in signed colours, full at `limit`, each under the class it leads to."""
    cells = [
        (enlarge(to_signed(noise, limit), factor), f"to {name}", number == chosen)
        for number, (noise, name) in enumerate(zip(noises, classes, strict=True))
    ]
    return _sheet(cells, columns)


def draw_universal(
    noises: Values,
    noisy: Values,
    readings: Sequence[int],
    labels: Sequence[int],
    classes: Sequence[str],
    *,
    limit: float,
    chosen: int,
) -> Labelled:
    """Return one step of universal noise `(H, W, 3)`: all noises, and digits with the chosen one under their readings.

    `noisy` `(N, 28, 28)` are the digits with it, `labels` their true classes. A reading as the chosen class is red.
    """
    top = draw_noises(noises, classes, limit=limit, columns=len(classes), chosen=chosen)
    cells = [
        (to_rgb(enlarge(to_gray(digit), SMALL)), f"{classes[label]} read {classes[read]}", read == chosen)
        for digit, label, read in zip(noisy, labels, readings, strict=True)
    ]
    return stack(top, _sheet(cells, len(classes)))


def _sheet(cells: Sequence[tuple[Picture, str, bool]], columns: int) -> Labelled:
    """Return pictures under their captions, lines between them; the third value of a cell highlights it."""
    drawn = []
    for picture, text, highlighted in cells:
        framed = arrays.draw_frame(picture, NEGATIVE if highlighted else (RULE,) * 3)
        caption = to_strip(text, framed, height=LINE, color=INK if highlighted else FAINT)
        drawn.append(stack(caption, Labelled(framed)))
    return arrange_labelled(drawn, columns, gap=0)


def draw_comparison(images: Sequence[Values], original: Values, captions: Sequence[str]) -> Labelled:
    """Return `(H, W, 3)`: for each network its adversarial digit `(28, 28)` under a caption, and the change."""
    columns = []
    for image, text in zip(images, captions, strict=True):
        digit, change = to_rgb(enlarge(to_gray(image), PANEL)), enlarge(to_signed(image - original, 1.0), PANEL)
        titles = to_strip(text, digit, height=LINE), to_strip("what was changed", change, height=LINE)
        columns.append(stack(titles[0], Labelled(digit), titles[1], Labelled(change)))
    return put_beside(*columns)


def draw_noise_table(
    noises: Values,
    noisy: Values,
    readings: NDArray[np.int64],
    labels: Sequence[int],
    classes: Sequence[str],
    *,
    limit: float,
) -> str:
    """Return as HTML how every digit is read with every noise: a row for each digit, a column for each noise.

    `noisy` `(classes, N, 28, 28)`, `readings` `(N, classes)`. Red: led to the noise's class; blue: still read right.
    """
    columns = [(name, to_signed(noise, limit)) for name, noise in zip(classes, noises, strict=True)]
    rows = []
    for row, label in enumerate(labels):
        cells = [_cell(noisy[to, row], int(read), label, to, classes) for to, read in enumerate(readings[row])]
        rows.append((classes[label], cells))
    return render("noise_table.html", columns=columns, rows=rows)


def _cell(digit: Values, read: int, label: int, to: int, classes: Sequence[str]) -> tuple[Picture, str, str, str]:
    """Return the picture, how it is read, of what kind that is, and a description of the cell."""
    kind = "right" if read == label else "led" if read == to else "other"
    description = f"a {classes[label]} with the noise to {classes[to]}, read as {classes[read]}"
    return to_gray(digit), classes[read], kind, description


def draw_accuracy_matrix(
    accuracies: Values, rows: Sequence[str], columns: Sequence[str], *, framed: Sequence[tuple[int, int]]
) -> str:
    """Return percents `(rows, columns)` as HTML, the darker the fewer; those `framed` get a frame, `nan` is a dash."""
    cells = [
        [(percent, _shade(percent), (row, column) in framed) for column, percent in enumerate(percents)]
        for row, percents in enumerate(accuracies.tolist())
    ]
    return render("accuracy_matrix.html", columns=columns, rows=list(zip(rows, cells, strict=True)))


def _shade(percent: float) -> str:
    """Return a cell's CSS: red over white, the stronger the fewer, and text that can be read on it in both themes."""
    share = 0.95 * (1 - np.nan_to_num(percent) / 100)
    color = np.array([255 + share * (part - 255) for part in NEGATIVE])
    red, green, blue = color.round().astype(int)
    return f"background:rgb({red} {green} {blue});color:{arrays.text_color_on(color)}"
