"""What the records of a training say: how far it is, how fast, how well, and how it compares with others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Record = Mapping[str, Any]
"""A line of `steps.jsonl`: a TrainStep as JSON."""
RECENT_RECORDS = 20  # records that the speed of now is measured on
OVERFITTING_GAP = 1.0  # percentage points between training and validation from which one speaks of overfitting


@dataclass(frozen=True)
class Progress:
    """Where a training stands."""

    share: float
    digits_per_second: float | None
    """While learning, of late; None before there is anything to measure."""
    seconds_left: float | None


def measure_progress(steps: Sequence[Record], *, epochs: int, batch: int) -> Progress:
    """Return how far the training is and how fast it goes."""
    if not steps:
        return Progress(0.0, None, None)
    now = _position(steps[-1])
    before = steps[max(0, len(steps) - 1 - RECENT_RECORDS)] if len(steps) > 1 else None
    since, seconds = (_position(before), float(before["seconds"])) if before else (0.0, 0.0)
    rate = (now - since) / max(1e-9, float(steps[-1]["seconds"]) - seconds)  # epochs a second, validation and all
    return Progress(now / epochs, rate * steps[-1]["batches"] * batch, (epochs - now) / rate if rate > 0 else None)


def _position(step: Record) -> float:
    """Return the epochs that were finished by then, as a fraction."""
    return float(step["epoch"] - 1 + step["batch"] / step["batches"])


@dataclass(frozen=True)
class CurvePoint:
    """A point of a learning curve."""

    epochs: float
    seconds: float
    value: float


CURVES = {
    "training error": "loss",
    "validation error": "validation_loss",
    "training accuracy": "accuracy",
    "validation accuracy": "validation_accuracy",
}


def learning_curve(steps: Sequence[Record], curve: str) -> list[CurvePoint]:
    """Return one of CURVES (T1)."""
    field = CURVES[curve]
    found = (step for step in steps if step[field] is not None)
    return [CurvePoint(_position(step), float(step["seconds"]), float(step[field])) for step in found]


def mean_per_epoch(steps: Sequence[Record], curve: str) -> list[CurvePoint]:
    """Return the mean of one of CURVES over each finished epoch, at the epoch's end."""
    points: list[CurvePoint] = []
    values: list[float] = []
    for step in steps:
        values.append(float(step[CURVES[curve]]))
        if step["batch"] == step["batches"]:
            points.append(CurvePoint(_position(step), float(step["seconds"]), sum(values) / len(values)))
            values = []
    return points


@dataclass(frozen=True)
class TrainingSummary:
    """What a training came to (X3): its time, and how well its network reads, in percent."""

    epochs: int
    seconds: float
    validation: float
    training: float
    """Of the last epoch, read while learning: with dropout that is harder than reading afterwards."""
    test: float | None = None

    @property
    def gap(self) -> float:
        """How much better it reads what it has learned from (T12)."""
        return self.training - self.validation


def summarize_run(steps: Sequence[Record], test: float | None = None) -> TrainingSummary | None:
    """Return what the finished epochs came to; None when there is none."""
    validated = learning_curve(steps, "validation accuracy")
    if not validated:
        return None
    last = validated[-1]
    training = mean_per_epoch(steps, "training accuracy")[-1].value
    return TrainingSummary(round(last.epochs), last.seconds, last.value, training, test)


def seconds_to_accuracy(steps: Sequence[Record], accuracy: float) -> float | None:
    """Return after how many seconds an epoch first ended with this validation accuracy in percent, if one did."""
    return next(
        (point.seconds for point in learning_curve(steps, "validation accuracy") if point.value >= accuracy), None
    )


def judge_fit(outcome: TrainingSummary) -> str:
    """Return a sentence on over- and underfitting (T12)."""
    figures = f"It reads {outcome.training:.1f} % of what it learns from and {outcome.validation:.1f} % of new digits"
    if outcome.gap > OVERFITTING_GAP:
        return f"{figures}: it **overfits**, by {outcome.gap:.1f} points. Dropout, L2 or more digits may help."
    if outcome.training < 95:
        return f"{figures}: it **underfits**. More epochs, a larger network or another learning rate may help."
    if outcome.gap < -OVERFITTING_GAP:
        return f"{figures}: dropout or a penalty makes learning harder than reading, so it does not overfit."
    return f"{figures}: no sign of overfitting."
