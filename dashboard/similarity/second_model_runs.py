"""The training of a second model, as the player shows it, and a summary that is small enough for a session."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.digits.datasets import Dataset
from core.second_model.domain_gap import DomainGap, mean_pictures, measure_domain_gap
from core.second_model.training import (
    ALL_MAPS,
    DIGITS,
    Accuracies,
    SecondModelConfig,
    SecondModelResult,
    SecondModelStep,
    train_second_model,
)
from core.visualization import arrays
from dashboard.components.player import Frame

COLUMNS = 10  # of the sheet of training pictures
Pixels = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Summary:
    """The accuracies of both networks, and the pictures that explain them."""

    accuracies: Accuracies
    tested: int
    """Test digits."""
    mapped: int
    """Test digits whose maps were read."""
    digit: Pixels
    """A training digit, `(28, 28)`."""
    means: Pixels
    """Mean digit of each class, `(2, 28, 28)`."""
    maps: Mapping[str, Pixels]
    """That digit's maps as pictures `(C, 28, 28)`, by stage."""
    gaps: Mapping[str, DomainGap]
    """How far maps are from digits, by stage."""


class SecondModelRun:
    """The training on one pair of digits, as a run of the player; `summary` is set when it ends."""

    def __init__(self, config: SecondModelConfig, data: Dataset) -> None:
        self.about, self._config, self._data = (data.name, config), config, data
        self.summary: Summary | None = None

    def steps(self) -> Iterator[SecondModelStep]:
        """Yield every step; keep a summary of the last one's result."""
        self.summary = None
        for step in train_second_model(self._data, self._config):
            if step.result is not None:
                self.summary = summarize(step.result)
            yield step

    def to_frame(self, step: SecondModelStep) -> Frame:
        """Return the player's frame of a step: some training pictures, and the accuracy on digits."""
        sheet = arrays.contact_sheet(list(step.examples.numpy() / 255), COLUMNS, factor=2)
        name = title_of(step.learner)
        text = f"{name}: {step.pictures:,} pictures seen, {step.digit_accuracy:.0f} % of the digits read right"
        return Frame(sheet, {name: step.digit_accuracy}, text, at=100 * step.done)


def title_of(learner: str) -> str:
    """Return a learner's title: which network it is, and what it learns from."""
    if learner == DIGITS:
        return "network 1: digits"
    return f"network 2: {learner if learner == ALL_MAPS else f'maps of {learner}'}"


def summarize(result: SecondModelResult) -> Summary:
    """Return the part of a result that the page shows."""
    digits = result.learned[DIGITS]
    gaps = {
        kind: measure_domain_gap(kind, digits, maps)
        for kind, maps in result.learned.items()
        if kind not in (DIGITS, ALL_MAPS)
    }
    maps = {
        kind: result.learned[kind].images(slice(0, len(gap.correlations)))[:, 0].numpy() for kind, gap in gaps.items()
    }
    first, gap = next(iter(gaps.items()))
    mapped = len(result.tested[first]) // len(gap.correlations)
    return Summary(
        result.accuracies,
        len(result.tested[DIGITS]),
        mapped,
        digits.images(slice(0, 1))[0, 0].numpy(),
        mean_pictures(digits).numpy(),
        maps,
        gaps,
    )
