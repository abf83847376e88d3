"""Probabilities -> HTML bars, drawn again for every stroke of the pen: they take a tenth of a Plotly chart's time."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

from core.visualization.rendering import render

SHORT = 2  # letters of a class's name that is written large


@dataclass(frozen=True, eq=False)
class Reading:
    """One network's probabilities `(classes,)` for the digit as it is now, and for the whole digit."""

    title: str
    color: str
    probabilities: NDArray[np.float32]
    whole: NDArray[np.float32]
    note: str = ""

    @property
    def label(self) -> int:
        return int(self.probabilities.argmax())

    @property
    def confidence(self) -> str:
        return f"{100 * float(self.probabilities.max()):.0f} %"

    @property
    def changed_from(self) -> int | None:
        """The class it read in the whole digit, if that was another one."""
        before = int(self.whole.argmax())
        return None if before == self.label else before


def draw_readings(readings: Sequence[Reading], classes: Sequence[str]) -> str:
    """Return the networks one below another as HTML: name, answer, a bar per class, and who changed their mind.

    On a phone the answers also stay in sight at the bottom of the screen. It is written here and not in a template,
    which took three times as long: this is drawn many times a second while somebody draws.
    """
    names = [escape(name) for name in classes]
    rows = "".join(_row(reading, names) for reading in readings)
    answers = "".join(
        f'<div style="--ns:{reading.color}"><b>{names[reading.label]}</b>{escape(reading.title)}</div>'
        for reading in readings
    )
    spoken = ", ".join(f"{escape(reading.title)} reads {names[reading.label]}" for reading in readings)
    words = " ns-words" if max(map(len, classes), default=0) > SHORT else ""
    opened = f'<div class="ns-readings{words}" data-announce="{spoken}.">'
    return f'{opened}{rows}</div><div class="ns-verdicts">{answers}</div>'


def _row(reading: Reading, names: Sequence[str]) -> str:
    """Return a network's row; `names` are the classes, escaped."""
    label, before = reading.label, reading.changed_from
    notes = [f'<div class="ns-note">{reading.confidence} sure</div>']
    if before is not None:
        notes.append(f'<div class="ns-note ns-changed">was {names[before]} before</div>')
    if reading.note:
        notes.append(f'<div class="ns-note">{escape(reading.note)}</div>')
    percents = (100 * reading.probabilities.astype(float)).tolist()
    bars = "".join(
        f'<div class="{"ns-bar" if index == label else "ns-bar ns-not"}" title="{name}: {percent:.1f} %">'
        f'<b style="height:{0.7 * percent:.1f}%"></b><span>{name}</span></div>'
        for index, (percent, name) in enumerate(zip(percents, names, strict=True))
    )
    return (
        f'<div class="ns-row" style="--ns:{reading.color};--ns-classes:{len(names)}" data-answer="{names[label]}">'
        f'<div><div class="ns-name">{escape(reading.title)}</div>{"".join(notes)}</div>'
        f'<div class="ns-label">{names[label]}</div><div class="ns-bars">{bars}</div></div>'
    )


def draw_answers(readings: Sequence[Reading], classes: Sequence[str]) -> str:
    """Return one short line per network as HTML, for under a picture: colour, answer, confidence."""
    return render("answers.html", readings=readings, classes=classes)
