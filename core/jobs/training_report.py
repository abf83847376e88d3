"""Summaries of a training's records: progress, speed, learning curves and accuracies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Record = Mapping[str, Any]
"""A line of `steps.jsonl`: a WatchedStep as JSON."""
RECENT_RECORDS = 20  # the current speed is measured over these last records
OVERFITTING_GAP = 1.0  # percentage points; a larger one between training and validation accuracy counts as overfitting
UNDERFITTING = 95.0  # percent; accuracies below it count as underfitting, unless the gap is the larger error


@dataclass(frozen=True)
class Progress:
    """The progress of a training."""

    share: float
    """Of all epochs, 0 to 1."""
    digits_per_second: float | None
    """The current speed; None before it can be measured."""
    seconds_left: float | None


def measure_progress(steps: Sequence[Record], *, epochs: int, batch: int) -> Progress:
    """Return the progress of a training of so many epochs, in batches of so many digits."""
    if not steps:
        return Progress(0.0, None, None)
    now = _position(steps[-1])
    before = steps[max(0, len(steps) - 1 - RECENT_RECORDS)] if len(steps) > 1 else None
    since, seconds = (_position(before), float(before["seconds"])) if before else (0.0, 0.0)
    rate = (now - since) / max(1e-9, float(steps[-1]["seconds"]) - seconds)  # epochs a second, validation and all
    return Progress(now / epochs, rate * steps[-1]["batches"] * batch, (epochs - now) / rate if rate > 0 else None)


def _position(step: Record) -> float:
    """Return the number of epochs finished by then, with a fraction."""
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
    """Return one of CURVES, a point for each record that has a value."""
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


def current_training_accuracy(steps: Sequence[Record]) -> float:
    """Return the mean training accuracy of the current epoch so far; of a finished epoch, as `summarize_run` does."""
    values = [float(step["accuracy"]) for step in steps if step["epoch"] == steps[-1]["epoch"]]
    return sum(values) / len(values)


@dataclass(frozen=True)
class TrainingSummary:
    """The result of a training: epochs, seconds, and accuracies in percent."""

    epochs: int
    seconds: float
    validation: float
    training: float
    """Mean of the last epoch, measured while learning: dropout makes it lower than afterwards."""
    test: float | None = None

    @property
    def gap(self) -> float:
        """Training minus validation accuracy, in percentage points."""
        return self.training - self.validation


def summarize_run(steps: Sequence[Record], test: float | None = None) -> TrainingSummary | None:
    """Return the result of the finished epochs; None when there is none. `test` is the test accuracy in percent."""
    validated = learning_curve(steps, "validation accuracy")
    if not validated:
        return None
    last = validated[-1]
    training = mean_per_epoch(steps, "training accuracy")[-1].value
    return TrainingSummary(round(last.epochs), last.seconds, last.value, training, test)


def seconds_to_accuracy(steps: Sequence[Record], accuracy: float) -> float | None:
    """Return the seconds until an epoch first ended with this validation accuracy in percent; None if none did."""
    return next(
        (point.seconds for point in learning_curve(steps, "validation accuracy") if point.value >= accuracy), None
    )


def find_misfit(outcome: TrainingSummary) -> Literal["underfits", "overfits", ""]:
    """Return what is wrong with the fit; underfitting is checked first, because it also makes a gap. "": neither."""
    reached = max(outcome.training, outcome.validation)  # dropout lowers the training accuracy alone
    if reached < UNDERFITTING and outcome.gap < 100 - outcome.training:
        return "underfits"
    return "overfits" if outcome.gap > OVERFITTING_GAP else ""


def judge_fit(outcome: TrainingSummary, *, attacked: bool = False, regularized: bool = False) -> str:
    """Return a sentence on underfitting and overfitting, in Markdown.

    `attacked`: it learned from attacked digits; `regularized`: with dropout or a penalty.
    """
    new = f"{outcome.validation:.1f} % of new digits"
    if attacked:
        return (
            f"While it learned, it read {outcome.training:.1f} % of the attacked digits. Now it reads {new}, which are "
            "not attacked. These are two different tasks, so the difference says nothing about overfitting."
        )
    figures = f"While it learned, it read {outcome.training:.1f} % of its training digits. Now it reads {new}"
    misfit = find_misfit(outcome)
    if misfit == "underfits":
        return f"{figures}: it **underfits**. More epochs, a larger network or another learning rate may help."
    if misfit == "overfits":
        return f"{figures}: it **overfits**, by {outcome.gap:.1f} points. Dropout, L2 or more digits may help."
    if outcome.gap < -OVERFITTING_GAP:
        because = "of dropout or a penalty" if regularized else "it averages the whole last epoch"
        return f"{figures}: it does not overfit. Training accuracy is lower because {because}."
    return f"{figures}: no sign of overfitting."
