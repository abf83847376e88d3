"""How long a training and its test will take on this machine, measured on a few batches before it starts."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from statistics import median
from time import perf_counter
from typing import Any

from core.digits.datasets import Dataset
from core.jobs import turns
from core.jobs.training_job import prepare_network, read_plan, split_digits
from core.networks.evaluation import BATCH, COLUMNS, predict_column
from core.system.device import find_device
from core.training.loop import train

SAMPLED = 64  # digits of a batch
BATCHES = 3  # the first one is slower than the others
VALIDATION_WORK = 1 / 3  # of the work of training on a digit: there is no way back


def measure_seconds_per_digit(settings: dict[str, Any], dataset: Dataset) -> float:
    """Train a copy of the network on a few batches; return seconds for each training digit. Raises ValueError."""
    plan = read_plan(settings)
    digits, held_out = split_digits(dataset, plan)
    batch = min(SAMPLED, len(digits) // BATCHES)
    config = replace(plan.config, batch=batch, epochs=1, report_every=1, learning_rate=1e-6, alternate=())
    network = prepare_network(plan, classes=len(dataset.classes))
    steps = list(train(network, digits.first(BATCHES * batch), held_out.first(batch), config))
    times = [step.seconds for step in steps]
    return (times[-2] - times[0]) / (BATCHES - 2) / batch  # the last record also validates


def count_digits(settings: dict[str, Any], dataset: Dataset) -> float:
    """Return how many digits the training reads; reading one to validate counts less than learning from one."""
    plan = read_plan(settings)
    digits, held_out = split_digits(dataset, plan)
    return plan.config.epochs * (len(digits) + VALIDATION_WORK / plan.config.work_per_digit * len(held_out))


def measure_test_seconds(settings: dict[str, Any], dataset: Dataset) -> float:
    """Read some batches of erased digits; return seconds for the test at the end of a job. Raises ValueError."""
    plan = read_plan(settings)
    _, held_out = split_digits(dataset, plan)
    network = prepare_network(plan, classes=len(dataset.classes)).to(find_device(plan.config.device)).eval()
    digits = dataset.test.first(BATCH)
    times = [perf_counter()]
    for column in COLUMNS:
        predict_column(network, digits, column).cpu()
        times.append(perf_counter())
    seconds = median(end - begun for begun, end in pairwise(times))  # the first batch is slower than the others
    return seconds / len(digits) * (len(COLUMNS) * len(dataset.test) + len(held_out))


def share_machine(own: float, others: Iterable[float]) -> float:
    """Return in how many seconds a job of `own` seconds ends beside others of so many, all of which take turns."""
    until_then = sum(min(own, seconds) for seconds in others)
    return max(own, (own + until_then) / turns.count_slots())
