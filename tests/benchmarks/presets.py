"""What the seeds' own networks reach when they are trained as the page "Train" offers it, with several seeds."""

from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from statistics import mean

from core.studies.preset_training import LECTURE, train_preset
from tests.benchmarks import Measured, mnist

SEEDS = (42, 43, 44)
ASSIGNMENT = ("assignment: one conv", "assignment: two conv", "assignment: two conv + 500")


def keras_small_accuracy() -> Measured:
    return _measured(LECTURE)


def assignment_accuracy() -> Measured:
    return _measured(ASSIGNMENT[-1])


def assignment_order() -> Measured:
    """Return the least step from one of the assignment's three networks to the next."""
    means = [mean(_accuracies(name)) for name in ASSIGNMENT]
    steps = [after - before for before, after in pairwise(means)]
    return Measured(min(steps), steps, f"Means of {len(SEEDS)} seeds: {_list(means)} % of the test digits.")


def _measured(name: str) -> Measured:
    accuracies = _accuracies(name)
    return Measured(mean(accuracies), accuracies, f"Preset {name!r}, seeds {', '.join(map(str, SEEDS))}.")


def _list(accuracies: Sequence[float]) -> str:
    return ", ".join(f"{accuracy:.2f}" for accuracy in accuracies)


@cache
def _accuracies(name: str) -> list[float]:
    return [train_preset(name, mnist.dataset(), seed=seed).accuracy for seed in SEEDS]
