"""How fast an epoch is, against the usual pipeline and against what the processor can do at most."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from statistics import median

import torch
from torch.nn.functional import cross_entropy
from torch.utils.flop_counter import FlopCounterMode

from core.digits.datasets import Digits
from core.networks.architectures import ARCHITECTURES
from core.networks.classifier import Classifier, build
from core.training.loop import TrainConfig, train
from tests.benchmarks import Measured, mnist
from tests.benchmarks.bfloat16 import has_bfloat16, need_bfloat16
from tests.benchmarks.loops import (
    ASSIGNMENT,
    LEARNING_RATE,
    MOMENTUM,
    PUBLISHED,
    SMALL,
    Subject,
    learn,
    shuffled,
    usual_loader,
    usual_network,
    usual_optimizer,
)
from tests.benchmarks.timing import Runs, fastest, ratios, seconds, side_by_side

DIGITS = 9_600  # of an epoch's 50,000: every contender's time grows with their number alike
ROUNDS = 5
SIDE, PRODUCTS = 2048, 5  # of the matrix product, and how many are timed together


def epoch_float32() -> Measured:
    return _against_loader(PUBLISHED, "float32")


def epoch_bfloat16() -> Measured:
    need_bfloat16()
    return _against_loader(PUBLISHED, "bfloat16")


def epoch_small() -> Measured:
    return _against_loader(SMALL, "float32")


def epoch_assignment() -> Measured:
    return _against_loader(ASSIGNMENT, "float32")


def _against_loader(subject: Subject, precision: str) -> Measured:
    """Take the better of the usual pipelines: with workers of its own, or without."""
    runs = _epochs(subject)
    alone, workers = "loader", "loader, 2 workers"
    best = fastest(runs, alone, workers)
    figures = ratios(seconds(runs[best]), seconds(runs[precision]))
    times = ", ".join(f"{name} {median(seconds(runs[name])):.2f} s" for name in (alone, workers, precision))
    note = (
        f"{DIGITS:,} digits by {subject.batch} on {torch.get_num_threads()} threads against the faster {best!r}: "
        f"{times}. FLOP/s {median(_shares(subject, precision)):.2f} of a matrix product's."
    )
    return Measured(median(figures), figures, note)


def flops_share() -> Measured:
    runs = _epochs(PUBLISHED)
    ours, plain = (_shares(PUBLISHED, name) for name in ("float32", "plain layout"))
    speed = 1e-9 * PRODUCTS * 2 * SIDE**3 / median(seconds(runs["product"]))
    note = f"Ours is channels_last; the plain layout gets {median(plain):.2f}; the product {speed:.0f} GFLOP/s."
    return Measured(median(ours), ours, note)


def _shares(subject: Subject, contender: str) -> list[float]:
    """Return the FLOP/s of every turn as a share of a large matrix product's in the same round."""
    runs, work = _epochs(subject), DIGITS / subject.batch * _flops_per_batch(subject)
    return [
        work / (PRODUCTS * 2 * SIDE**3) * share for share in ratios(seconds(runs["product"]), seconds(runs[contender]))
    ]


@cache
def _epochs(subject: Subject) -> Runs:
    """Let all pipelines take turns: one measurement for all figures about an epoch."""
    digits = mnist.dataset().train.first(DIGITS)
    config = TrainConfig(epochs=1, batch=subject.batch, learning_rate=LEARNING_RATE, momentum=MOMENTUM)
    architecture = ARCHITECTURES[subject.architecture]
    contenders: dict[str, Callable[[], object]] = {
        "loader": _usual_epoch(subject, workers=0),
        "loader, 2 workers": _usual_epoch(subject, workers=2),
        "plain layout": _plain_epoch(subject, digits),
        "float32": partial(_our_epoch, build(architecture), digits, config),
        "product": partial(_multiply, torch.rand(SIDE, SIDE)),
    }
    if has_bfloat16():
        contenders["bfloat16"] = partial(_our_epoch, build(architecture), digits, replace(config, precision="bfloat16"))
    return side_by_side(contenders, ROUNDS)


def _usual_epoch(subject: Subject, *, workers: int) -> Callable[[], None]:
    network = usual_network(subject.architecture)
    return partial(learn, network, usual_loader(DIGITS, subject.batch, workers=workers), usual_optimizer(network))


def _plain_epoch(subject: Subject, digits: Digits) -> Callable[[], None]:
    network = build(ARCHITECTURES[subject.architecture]).to(memory_format=torch.contiguous_format)
    optimizer = usual_optimizer(network)
    return lambda: learn(network, shuffled(digits, subject.batch), optimizer)


def _our_epoch(network: Classifier, digits: Digits, config: TrainConfig) -> None:
    for _ in train(network, digits, digits.first(1), config):  # validation is not what is timed
        pass


def _multiply(matrix: torch.Tensor) -> None:
    for _ in range(PRODUCTS):
        matrix @ matrix


def _flops_per_batch(subject: Subject) -> int:
    network, images = build(ARCHITECTURES[subject.architecture]), torch.zeros(subject.batch, 1, 28, 28)
    with FlopCounterMode(display=False) as counter:
        cross_entropy(network(images), torch.zeros(subject.batch, dtype=torch.long)).backward()
    return counter.get_total_flops()
