"""What the page keeps of a second model: small enough for a session, worked out in the player's thread."""

from __future__ import annotations

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

COLUMNS = 10  # of the sheet of pictures that are learned from
Pixels = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Told:
    """What came of both networks, and why."""

    accuracies: Accuracies
    tested: int
    """Test digits."""
    mapped: int
    """So many of them had their maps read."""
    digit: Pixels
    means: Pixels
    """Mean digit of each class, `(2, 28, 28)`."""
    maps: Mapping[str, Pixels]
    """The digit's maps as pictures, `(C, 28, 28)`, by stage."""
    reasons: Mapping[str, DomainGap]


class Learning:
    """One pair of digits as a run of the player; `told` is there when it is over."""

    def __init__(self, config: SecondModelConfig, data: Dataset) -> None:
        self.about, self._config, self._data = (data.name, config), config, data
        self.told: Told | None = None

    def steps(self) -> Iterator[SecondModelStep]:
        """Yield every record; the last one's result is kept as far as it is shown."""
        self.told = None
        for step in train_second_model(self._data, self._config):
            if step.result is not None:
                self.told = tell(step.result)
            yield step

    def to_frame(self, step: SecondModelStep) -> Frame:
        """Return what is seen of a record: some of the pictures that are learned from, and how digits are read."""
        sheet = arrays.contact_sheet(list(step.examples.numpy() / 255), COLUMNS, factor=2)
        name = title_of(step.learner)
        text = f"{name}: {step.pictures:,} pictures seen, {step.digit_accuracy:.0f} % of the digits read right"
        return Frame(sheet, {name: step.digit_accuracy}, text)


def title_of(learner: str) -> str:
    """Return which network that is, and what it learns from."""
    if learner == DIGITS:
        return "network 1: digits"
    return f"network 2: {learner if learner == ALL_MAPS else f'maps of {learner}'}"


def tell(result: SecondModelResult) -> Told:
    """Return what is shown of a result."""
    digits = result.learned[DIGITS]
    reasons = {
        kind: measure_domain_gap(kind, digits, maps)
        for kind, maps in result.learned.items()
        if kind not in (DIGITS, ALL_MAPS)
    }
    maps = {
        kind: result.learned[kind].images(slice(0, len(reason.correlations)))[:, 0].numpy()
        for kind, reason in reasons.items()
    }
    first, reason = next(iter(reasons.items()))
    mapped = len(result.tested[first]) // len(reason.correlations)
    return Told(
        result.accuracies,
        len(result.tested[DIGITS]),
        mapped,
        digits.images(slice(0, 1))[0, 0].numpy(),
        mean_pictures(digits).numpy(),
        maps,
        reasons,
    )
