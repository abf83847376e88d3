"""Probabilities -> HTML bars, drawn again for every stroke of the pen: they take a tenth of a Plotly chart's time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

from core.visualization.rendering import render

NOTHING = "?"  # what a network answers that has nothing to read
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
    spoken = ", ".join(f"{escape(reading.title)} reads {names[reading.label]}" for reading in readings)
    answers = [_verdict(reading.color, reading.title, names[reading.label]) for reading in readings]
    return _all(rows, answers, classes, f' data-announce="{spoken}."')


def draw_waiting(readers: Mapping[str, str], classes: Sequence[str]) -> str:
    """Return the same rows without answers, for networks that have nothing to read yet, given as title -> colour."""
    names = [escape(name) for name in classes]
    bars = "".join(_bar(name, 0, chosen=False) for name in names)
    notes = '<div class="ns-note ns-sure">waits</div>'
    rows = "".join(_frame(title, color, notes, NOTHING, bars, names, "") for title, color in readers.items())
    return _all(rows, [_verdict(color, title, NOTHING) for title, color in readers.items()], classes, "")


def _all(rows: str, answers: Sequence[str], classes: Sequence[str], attributes: str) -> str:
    words = " ns-words" if max(map(len, classes), default=0) > SHORT else ""
    return f'<div class="ns-readings{words}"{attributes}>{rows}</div><div class="ns-verdicts">{"".join(answers)}</div>'


def _verdict(color: str, title: str, answer: str) -> str:
    return f'<div style="--ns:{color}"><b>{answer}</b>{escape(title)}</div>'


def _row(reading: Reading, names: Sequence[str]) -> str:
    """Return a network's row; `names` are the classes, escaped."""
    label, before = reading.label, reading.changed_from
    notes = [f'<div class="ns-note ns-sure">{reading.confidence} sure</div>']
    if before is not None:
        notes.append(f'<div class="ns-note ns-changed">was {names[before]}</div>')
    if reading.note:
        notes.append(f'<div class="ns-note">{escape(reading.note)}</div>')
    percents = (100 * reading.probabilities.astype(float)).tolist()
    bars = "".join(_bar(name, percents[index], chosen=index == label) for index, name in enumerate(names))
    answer = f' data-answer="{names[label]}"'
    return _frame(reading.title, reading.color, "".join(notes), names[label], bars, names, answer)


def _bar(name: str, percent: float, *, chosen: bool) -> str:
    shown = "ns-bar" if chosen else "ns-bar ns-not"
    bar = f'<b style="--share:{percent:.1f}%"></b><span>{name}</span>'
    return f'<div class="{shown}" title="{name}: {percent:.1f} %">{bar}</div>'


def _frame(title: str, color: str, notes: str, answer: str, bars: str, names: Sequence[str], attributes: str) -> str:
    return (
        f'<div class="ns-row" style="--ns:{color};--ns-classes:{len(names)}"{attributes}>'
        f'<div><div class="ns-name">{escape(title)}</div>{notes}</div>'
        f'<div class="ns-label">{answer}</div><div class="ns-bars">{bars}</div></div>'
    )


def draw_answers(readings: Sequence[Reading], classes: Sequence[str]) -> str:
    """Return one short line per network as HTML, for under a picture: colour, answer, confidence."""
    return render("answers.html", readings=readings, classes=classes)
