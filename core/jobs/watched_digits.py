"""Ten test digits, and the digit of whoever started a training, read again and again while the network learns.

The visitor's digit lies in the run folder, and is deleted with it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.digits.datasets import Digits
from core.jobs.reading_times import ReadingTimes
from core.jobs.watched_stages import StageFigures
from core.networks.classifier import Classifier
from core.pmnist.masks import SIDE
from core.training.loop import TrainStep

FILE = "digit.bytes"
MAX_SHOWN = 10  # test digits
FIRST_EPOCH_READINGS, MAX_READINGS = 100, 300  # of a training, about; networks change most in the first epoch


@dataclass(frozen=True)
class WatchedStep(TrainStep):
    """A record of a training, with what the network read by then."""

    answers: tuple[tuple[int, ...], ...] | None = None
    """Probabilities in percent, of all classes for each digit; the visitor's digit is the last. None: not read."""
    stages: tuple[StageFigures, ...] | None = None
    """Of all stages with weights, first to last. None: not measured."""


def find_examples(digits: Digits) -> Tensor:
    """Return the indices of the first digit of each class, of ten classes at most."""
    return torch.cat([torch.nonzero(digits.labels == label)[:1, 0] for label in digits.labels.unique()[:MAX_SHOWN]])


def to_file(digit: NDArray[np.floating]) -> dict[str, bytes]:
    """Return name and content of the file in the run folder that holds a digit `(28, 28)` in [0, 1]."""
    return {FILE: np.rint(255 * np.clip(digit, 0, 1)).astype(np.uint8).tobytes()}


def load_digit(folder: Path) -> NDArray[np.float32] | None:
    """Return the visitor's digit `(28, 28)`; None if there is none, or if its file is damaged."""
    try:
        pixels = np.frombuffer((folder / FILE).read_bytes(), np.uint8)
    except OSError:
        return None
    return (pixels.reshape(SIDE, SIDE) / 255).astype(np.float32) if len(pixels) == SIDE**2 else None


class DigitReader:
    """Lets the network of one training read the same digits after every few batches."""

    def __init__(self, folder: Path, test: Digits, *, epochs: int) -> None:
        images, own = test.images(find_examples(test)), load_digit(folder)
        self.images = images if own is None else torch.cat([images, torch.from_numpy(own)[None, None]])
        self._times = ReadingTimes(FIRST_EPOCH_READINGS, MAX_READINGS, epochs=epochs)

    def read(self, network: Classifier, step: TrainStep) -> WatchedStep:
        """Return the record with what the network reads now, if that is due."""
        known = {part.name: getattr(step, part.name) for part in fields(step)}
        return WatchedStep(**known, answers=self._answers(network) if self._times.is_due(step) else None)

    @torch.no_grad()
    def _answers(self, network: Classifier) -> tuple[tuple[int, ...], ...]:
        probabilities = network(self.images.to(network.device)).softmax(1).nan_to_num(0)
        return tuple(map(tuple, (100 * probabilities).round().int().tolist()))


@dataclass(frozen=True, eq=False)
class AnswerHistory:
    """What a network read in the same digits at several moments of its training."""

    moments: tuple[tuple[int, int], ...]
    """Epoch and batch."""
    percents: NDArray[np.uint8]
    """Probabilities in percent `(moments, digits, classes)`."""

    def describe_change(self, digit: int, classes: Sequence[str]) -> str:
        """Return what the network reads in a digit now and what it read before, as the end of a sentence."""
        read = self.percents[:, digit].argmax(1)
        now, other = classes[read[-1]], np.flatnonzero(read != read[-1])
        if not len(other):
            return f"as {now} from the start"
        epoch, batch = self.moments[other[-1]]
        changes = np.count_nonzero(np.diff(read))
        often = f"; its answer changed {changes} times" if changes > 1 else ""
        return f"as {classes[read[other[-1]]]} until batch {batch} of epoch {epoch}, and as {now} since{often}"


def collect_answers(steps: Sequence[Mapping[str, Any]], classes: int) -> AnswerHistory | None:
    """Return the answers in the records of a training on so many classes; None where there are none.

    Raises ValueError if they are damaged.
    """
    found = [step for step in steps if step.get("answers")]
    if not found:
        return None
    try:
        percents = np.array([step["answers"] for step in found])
    except ValueError:
        percents = np.zeros(0)
    fits = percents.ndim == 3 and percents.shape[2] == classes and percents.size
    if not (fits and ((percents >= 0) & (percents <= 100)).all()):
        raise ValueError("The answers in the records of this training are damaged.")
    return AnswerHistory(tuple((step["epoch"], step["batch"]) for step in found), percents.astype(np.uint8))
