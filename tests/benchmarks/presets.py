"""What the seeds' own networks reach when they are trained as the page "Train" offers it, with several seeds."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise
from statistics import mean

from core.jobs.training_job import prepare_network, read_plan, split_digits
from core.networks.evaluation import evaluate
from core.training.loop import train
from core.training.presets import PRESETS
from tests.benchmarks import Measured, mnist

SEEDS = (42, 43, 44)
ASSIGNMENT = ("assignment: one conv", "assignment: two conv", "assignment: two conv + 500")
LECTURE = "Keras: small, Adam"


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
    return [_train_and_read(name, seed) for seed in SEEDS]


def _train_and_read(name: str, seed: int) -> float:
    """Train as the job does, to the last epoch, and read all test digits once."""
    plan = read_plan(PRESETS[name].to_settings())
    digits, held_out = split_digits(mnist.dataset(), plan)
    network = prepare_network(replace(plan, seed=seed))
    for _ in train(network, digits, held_out, replace(plan.config, seed=seed)):
        pass
    return evaluate(network, mnist.dataset().test)
