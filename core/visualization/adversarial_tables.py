"""What noise does, as HTML tables: nine digits with ten noises, and networks under each other's noise."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray

from core.visualization.absent_features import AGAINST, FOR, to_signed
from core.visualization.arrays import Picture, to_data_url, to_gray

STYLE = f"""<style>
.ns-noise {{ overflow-x: auto; }}
.ns-noise table {{ border-collapse: collapse; font-size: .78rem; line-height: 1.1; text-align: center; }}
.ns-noise td, .ns-noise th {{ padding: 2px; font-weight: 400; }}
.ns-noise img {{ display: block; width: 56px; height: 56px; image-rendering: pixelated; background: #000; }}
.ns-noise td {{ border-bottom: 4px solid transparent; }}
.ns-noise td.ns-led {{ border-color: rgb{AGAINST}; font-weight: 700; }}
.ns-matrix td {{ min-width: 2.3rem; height: 1.7rem; border: 0; }}
.ns-matrix th {{ text-align: left; white-space: nowrap; padding-right: .5rem; }}
.ns-matrix tr:first-child th + th {{ height: 8.5rem; vertical-align: bottom; padding: 0; }}
.ns-matrix th span {{ writing-mode: vertical-rl; transform: rotate(180deg); }}
.ns-noise td.ns-right {{ border-color: rgb{FOR}; }}
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


def draw_matrix(
    accuracies: NDArray[np.floating], rows: Sequence[str], columns: Sequence[str], *, own: Sequence[tuple[int, int]]
) -> str:
    """Return percents `(rows, columns)` as HTML, the darker the fewer; the cells `own` are framed, `nan` is a dash."""
    head = "".join(f"<th><span>{escape(name)}</span></th>" for name in columns)
    body = "".join(
        f"<tr><th>{escape(name)}</th>"
        + "".join(_share(float(value), (row, column) in own) for column, value in enumerate(accuracies[row]))
        + "</tr>"
        for row, name in enumerate(rows)
    )
    corner = "<th>noise made for ↓, read by →</th>"
    return f'{STYLE}<div class="ns-noise ns-matrix"><table><tr>{corner}{head}</tr>{body}</table></div>'


def _share(percent: float, own: bool) -> str:
    if np.isnan(percent):
        return "<td>–</td>"
    ink = f"rgb({AGAINST[0]} {AGAINST[1]} {AGAINST[2]} / {0.95 * (1 - percent / 100):.2f})"
    frame = "outline:2px solid currentColor;outline-offset:-2px" if own else ""
    return f'<td style="background:{ink};{frame}">{percent:.0f}</td>'
