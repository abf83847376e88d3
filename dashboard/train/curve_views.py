"""The curves of one training, on the page "Train": its error and its accuracy, each for two kinds of digits."""

from collections.abc import Sequence
from math import ceil

from streamlit.delta_generator import DeltaGenerator

from core.jobs import training_report
from core.jobs.training_report import Record
from core.visualization.figures import Curve
from core.visualization.training import TRAINING, VALIDATION, axis_limits, draw_svg_curves

LINES = {  # title and colour of each curve, by digits
    "training": ("training batches", TRAINING),  # a point is the mean of a few batches, not of an epoch
    "validation": ("validation", VALIDATION),
}


def _curve(steps: list[Record], kind: str, digits: str) -> Curve:
    points, (title, color) = training_report.learning_curve(steps, f"{digits} {kind}"), LINES[digits]
    x, y = [point.epochs for point in points], [point.value for point in points]
    return Curve(title, color, x, y, dots=digits == "validation")


def show_curves(steps: list[Record], epochs: int, places: Sequence[DeltaGenerator]) -> None:
    """Draw error and accuracy, for training and validation digits, each into one of two places."""
    end = end_of_axis(steps, epochs)
    for place, kind, top, unit in zip(places, ("error", "accuracy"), (None, 100.0), ("", " %"), strict=True):
        lines = [_curve(steps, kind, digits) for digits in LINES]
        limits = axis_limits([y for line in lines for y in line.y], top=top)
        title = "Loss (cross-entropy)" if kind == "error" else "Accuracy, %"
        drawn = draw_svg_curves(lines, title=title, x_end=end, limits=limits, unit=unit)
        place.markdown(drawn, unsafe_allow_html=True)


def end_of_axis(steps: Sequence[Record], epochs: int) -> int:
    """Return the epoch where curves may end: room for what comes, but the first epochs must not be too narrow."""
    now = training_report.learning_curve(steps, "training error")[-1].epochs
    return min(epochs, max(1, ceil(1.5 * now)))
