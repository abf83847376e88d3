"""What a set costs: memory, and the time of a training."""

from core.digits.datasets import Dataset
from core.jobs.training_estimate import count_digits
from core.training.presets import FAST_TRAINING, PRESETS
from dashboard.data_sets import cached
from dashboard.widgets.progress import format_duration

MIN_TIMED = 30  # training pictures from which the time can be measured


def describe_cost(dataset: Dataset) -> str:
    """Return sentences on the parts of a set, its memory, and how long the quickest training takes here."""
    sizes = [len(part) for part in (dataset.train, dataset.validation, dataset.test)]
    megabytes = sum(sizes) * 28 * 28 / 1e6
    parts = f"{sizes[0]:,} pictures train, {sizes[1]:,} validate and {sizes[2]:,} test. They take {megabytes:.1f} MB."
    if sizes[0] < MIN_TIMED:
        return f"{parts} These are too few to train a network well: hundreds of each class are better."
    settings = PRESETS[FAST_TRAINING].to_settings()
    seconds = count_digits(settings, dataset) * cached.fast_seconds_per_digit(len(dataset.classes), dataset)
    return f"{parts} An epoch of *{FAST_TRAINING}* takes about {format_duration(seconds)} here."
