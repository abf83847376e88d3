"""What a network read in the same digits while it learned: one digit large with all its classes, others in strips."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from core.visualization.arrays import CAPTION_GROUND, Picture, Values, to_gray
from core.visualization.rendering import render
from core.visualization.signed_colors import NEGATIVE, POSITIVE

MAX_CLASSES = 10  # of the large digit: those that were most probable
BAR = 20  # pixels of a bar that stands for 100 %
MIN_SHARE, MIN_DISTANCE = 8.0, 16.0  # percent of the width that the name of an answer, or of an epoch, needs

Percents = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class DigitAnswers:
    """A digit and what was read in it."""

    digit: Values
    """`(28, 28)` in [0, 1]."""
    percents: Percents
    """Probabilities in percent `(moments, classes)`."""
    label: int | None = None
    """Its true class; None: unknown."""


def draw_answers(
    own: DigitAnswers | None, tested: Sequence[DigitAnswers], classes: Sequence[str], epochs: Sequence[int]
) -> str:
    """Return the figure as HTML; `epochs` is the epoch of each moment."""
    return render(
        "training_answers.html",
        own=None if own is None else {**_describe_now(own, classes), **_draw_probabilities(own.percents, classes)},
        epochs=_place_epochs(epochs),
        tested=[
            {
                **_describe_now(one, classes),
                "right": one.percents[-1].argmax() == one.label,
                "bars": _draw_bars(one),
                "answers": _place_answers(one.percents, classes),
            }
            for one in tested
        ],
    )


def _describe_now(one: DigitAnswers, classes: Sequence[str]) -> dict[str, object]:
    now = one.percents[-1]
    return {
        "digit": to_gray(one.digit),
        "answer": classes[now.argmax()],
        "percent": now.max(),
        "name": "" if one.label is None else classes[one.label],
    }


def _draw_probabilities(percents: Percents, classes: Sequence[str]) -> dict[str, object]:
    """Return the names of the classes that are shown, and a picture `(classes, moments)`: white is 100 %."""
    shown = np.sort(np.argsort(-percents.max(0).astype(int), kind="stable")[:MAX_CLASSES])
    return {"classes": [classes[number] for number in shown], "picture": to_gray(percents[:, shown].T / 100)}


def _draw_bars(one: DigitAnswers) -> Picture:
    """Return the probability of each answer as a bar, blue if right and red if wrong, `(BAR, moments, 3)`."""
    heights = np.rint(one.percents.max(1) / 100 * BAR)
    colors = np.where((one.percents.argmax(1) == one.label)[:, None], POSITIVE, NEGATIVE)
    filled = np.arange(BAR)[::-1, None] < heights
    return np.where(filled[..., None], colors, CAPTION_GROUND).astype(np.uint8)


def _place_answers(percents: Percents, classes: Sequence[str]) -> list[tuple[float, str]]:
    """Return each answer until the next one, with its share of the width in percent; without a name if too narrow."""
    runs = [(answer, 100 * len(list(run)) / len(percents)) for answer, run in groupby(percents.argmax(1).tolist())]
    return [(share, classes[answer] if share >= MIN_SHARE else "") for answer, share in runs]


def _place_epochs(epochs: Sequence[int]) -> list[tuple[float, int]]:
    """Return where epochs begin, in percent of the width, without those that are too close to the one before."""
    places: list[tuple[float, int]] = []
    for number, epoch in enumerate(epochs):
        left = 100 * number / len(epochs)
        begins = number == 0 or epoch != epochs[number - 1]
        if begins and (not places or MIN_DISTANCE <= left - places[-1][0] and left <= 100 - MIN_DISTANCE):
            places.append((left, epoch))
    return places
