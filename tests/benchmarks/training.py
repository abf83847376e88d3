"""How fast an epoch is, against the usual pipeline and against what the processor can do at most."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from statistics import median

import torch
from torch.nn.functional import cross_entropy
from torch.utils.flop_counter import FlopCounterMode

from core.architectures import ARCHITECTURES
from core.datasets import Digits
from core.networks import Classifier, build
from core.training import TrainConfig, train
from tests.benchmarks import Measured, mnist
from tests.benchmarks.bfloat16 import has_bfloat16, need_bfloat16
from tests.benchmarks.loops import (
    BATCH,
    LEARNING_RATE,
    MOMENTUM,
    learn,
    shuffled,
    usual_loader,
    usual_network,
    usual_optimizer,
)
from tests.benchmarks.timing import Runs, fastest, ratios, seconds, side_by_side

BATCHES = 150  # of an epoch's 782: every contender's time grows with their number alike
ROUNDS = 5
SIDE, PRODUCTS = 2048, 5  # of the matrix product, and how many are timed together
EPOCH = TrainConfig(epochs=1, batch=BATCH, learning_rate=LEARNING_RATE, momentum=MOMENTUM)


def epoch_float32() -> Measured:
    return _against_loader("float32")


def epoch_bfloat16() -> Measured:
    need_bfloat16()
    return _against_loader("bfloat16")


def _against_loader(precision: str) -> Measured:
    """Take the better of the usual pipelines: with workers of its own, or without."""
    runs = _epochs()
    alone, workers = "loader", "loader, 2 workers"
    best = fastest(runs, alone, workers)
    figures = ratios(seconds(runs[best]), seconds(runs[precision]))
    times = ", ".join(f"{name} {median(seconds(runs[name])):.2f} s" for name in (alone, workers, precision))
    note = f"{BATCHES} batches of {BATCH} on {torch.get_num_threads()} threads against the faster {best!r}: {times}."
    return Measured(median(figures), figures, note)


def flops_share() -> Measured:
    runs = _epochs()
    product = [run.seconds / (PRODUCTS * 2 * SIDE**3) for run in runs["product"]]
    work = BATCHES * _flops_per_batch()
    ours, plain = (
        [work * share for share in ratios(product, seconds(runs[name]))] for name in ("float32", "plain layout")
    )
    speed = 1e-9 / median(product)
    note = f"Ours is channels_last; the plain layout gets {median(plain):.2f}; the product {speed:.0f} GFLOP/s."
    return Measured(median(ours), ours, note)


@cache
def _epochs() -> Runs:
    """Let all pipelines take turns: one measurement for all figures about an epoch."""
    digits = mnist.dataset().train.first(BATCHES * BATCH)
    contenders: dict[str, Callable[[], object]] = {
        "loader": _usual_epoch(workers=0),
        "loader, 2 workers": _usual_epoch(workers=2),
        "plain layout": _plain_epoch(digits),
        "float32": partial(_our_epoch, build(ARCHITECTURES["published"]), digits, EPOCH),
        "product": partial(_multiply, torch.rand(SIDE, SIDE)),
    }
    if has_bfloat16():
        config = replace(EPOCH, precision="bfloat16")
        contenders["bfloat16"] = partial(_our_epoch, build(ARCHITECTURES["published"]), digits, config)
    return side_by_side(contenders, ROUNDS)


def _usual_epoch(*, workers: int) -> Callable[[], None]:
    network, loader = usual_network(), usual_loader(BATCHES * BATCH, workers=workers)
    return partial(learn, network, loader, usual_optimizer(network))


def _plain_epoch(digits: Digits) -> Callable[[], None]:
    network = build(ARCHITECTURES["published"]).to(memory_format=torch.contiguous_format)
    optimizer = usual_optimizer(network)
    return lambda: learn(network, shuffled(digits), optimizer)


def _our_epoch(network: Classifier, digits: Digits, config: TrainConfig) -> None:
    for _ in train(network, digits, digits.first(1), config):  # validation is not what is timed
        pass


def _multiply(matrix: torch.Tensor) -> None:
    for _ in range(PRODUCTS):
        matrix @ matrix


def _flops_per_batch() -> int:
    network, images = build(ARCHITECTURES["published"]), torch.zeros(BATCH, 1, 28, 28)
    with FlopCounterMode(display=False) as counter:
        cross_entropy(network(images), torch.zeros(BATCH, dtype=torch.long)).backward()
    return counter.get_total_flops()
