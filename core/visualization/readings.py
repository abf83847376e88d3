"""Probabilities -> light HTML bars. On the live path they cost a tenth of a chart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

STYLE = """<style>
.ns-row { display: grid; grid-template-columns: 8.6rem 2.6rem 1fr; gap: .2rem .7rem; align-items: center;
  padding: .3rem 0 .35rem .6rem; border-left: 4px solid var(--ns); margin-bottom: .45rem; }
.ns-name { font-weight: 600; line-height: 1.15; font-size: .95rem; }
.ns-note { font-size: .78rem; opacity: .75; line-height: 1.2; }
.ns-changed { color: var(--ns-gone); opacity: 1; font-weight: 600; }
.ns-label { font-size: 2.1rem; font-weight: 700; line-height: 1; text-align: center; color: var(--ns); }
.ns-bars { display: grid; grid-template-columns: repeat(var(--ns-classes), 1fr); gap: 3px; height: 2.9rem; }
.ns-bar { display: flex; flex-direction: column; justify-content: flex-end; height: 100%; text-align: center;
  font-size: .72rem; line-height: 1.1; }
.ns-bar b { display: block; background: var(--ns); border-radius: 2px 2px 0 0; min-height: 1px; font-weight: 400; }
.ns-bar.ns-not b { opacity: .45; }
.ns-bar span { opacity: .7; }
.ns-bar:not(.ns-not) span { opacity: 1; font-weight: 700; }
.ns-verdicts { display: none; }
.ns-readings { --ns-gone: #d9730d; }
@media (max-width: 640px) {
  .ns-row { grid-template-columns: 6.9rem 2.2rem 1fr; }
  .ns-verdicts { display: flex; position: fixed; z-index: 999; left: 0; right: 0; bottom: 0; padding: .35rem .5rem;
    gap: .4rem; justify-content: space-around; background: #111c; backdrop-filter: blur(6px); color: #fff; }
  .ns-verdicts div { text-align: center; font-size: .66rem; line-height: 1.1; border-top: 3px solid var(--ns);
    padding-top: .15rem; flex: 1; overflow: hidden; }
  [data-testid="stMainBlockContainer"] { padding-bottom: 7rem; }
  .ns-verdicts b { display: block; font-size: 1.25rem; line-height: 1.15; }
}
</style>"""


@dataclass(frozen=True, eq=False)
class Reading:
    """What one network makes of the digit now, and what it made of the whole digit."""

    title: str
    color: str
    probabilities: NDArray[np.float32]
    whole: NDArray[np.float32]
    note: str = ""

    @property
    def label(self) -> int:
        return int(self.probabilities.argmax())

    @property
    def changed_from(self) -> int | None:
        """The class it read in the whole digit, if that was another one."""
        before = int(self.whole.argmax())
        return None if before == self.label else before


def draw_readings(readings: Sequence[Reading], classes: Sequence[str]) -> str:
    """Return the networks below one another: name, answer, a bar per class, and who changed their mind.

    On a phone the answers also stay in sight at the bottom of the screen.
    """
    rows = "".join(_row(reading, classes) for reading in readings)
    verdicts = "".join(
        f'<div style="--ns:{reading.color}"><b>{escape(classes[reading.label])}</b>{escape(reading.title)}</div>'
        for reading in readings
    )
    return f'{STYLE}<div class="ns-readings">{rows}<div class="ns-verdicts">{verdicts}</div></div>'


def _row(reading: Reading, classes: Sequence[str]) -> str:
    answer = escape(classes[reading.label])
    confidence = f"{100 * float(reading.probabilities.max()):.0f} % sure"
    changed = ""
    if reading.changed_from is not None:
        changed = f'<div class="ns-note ns-changed">changed its mind: was {escape(classes[reading.changed_from])}</div>'
    note = f'<div class="ns-note">{escape(reading.note)}</div>' if reading.note else ""
    bars = "".join(
        _bar(float(share), name, index == reading.label)
        for index, (share, name) in enumerate(zip(reading.probabilities, classes, strict=True))
    )
    return (
        f'<div class="ns-row" style="--ns:{reading.color};--ns-classes:{len(classes)}" data-answer="{answer}">'
        f'<div><div class="ns-name">{escape(reading.title)}</div><div class="ns-note">{confidence}</div>'
        f'{changed}{note}</div><div class="ns-label">{answer}</div><div class="ns-bars">{bars}</div></div>'
    )


def _bar(share: float, name: str, winner: bool) -> str:
    kind = "ns-bar" if winner else "ns-bar ns-not"
    name, height = escape(name), f"{70 * share:.1f}%"
    bar = f'<b style="height:{height}"></b><span>{name}</span>'
    return f'<div class="{kind}" title="{name}: {100 * share:.1f} %">{bar}</div>'


def draw_answers(readings: Sequence[Reading], classes: Sequence[str]) -> str:
    """Return one short line per network, for under a picture: colour, answer, confidence."""
    lines = "".join(
        f'<div style="border-left:4px solid {reading.color};padding-left:.35rem;margin:.15rem 0;line-height:1.15;'
        f'font-size:.8rem"><b style="font-size:1.05rem">{escape(classes[reading.label])}</b> '
        f"{100 * float(reading.probabilities.max()):.0f} %<br>"
        f'<span style="opacity:.75">{escape(reading.title)}</span></div>'
        for reading in readings
    )
    return f'<div class="ns-answers">{lines}</div>'
