"""How much is won by running frozen features once instead of in every epoch, when only the head learns."""

import copy
from collections.abc import Callable, Iterator
from functools import cache, partial
from statistics import median

import torch
from torch import Tensor, nn

from core.digits.datasets import Digits
from core.inversion.functions import with_inversion
from core.networks.classifier import Classifier
from core.training.loop import TrainConfig, train
from tests.benchmarks import Measured, mnist
from tests.benchmarks.loops import BATCH, LEARNING_RATE, MOMENTUM, learn, shuffled, usual_optimizer
from tests.benchmarks.timing import Runs, ratios, seconds, side_by_side

DIGITS, EPOCHS, ROUNDS = 10_000, 10, 3
CONFIG = TrainConfig(epochs=EPOCHS, batch=BATCH, learning_rate=LEARNING_RATE, momentum=MOMENTUM)


def head_epoch() -> Measured:
    runs = _retrainings()
    own = [run.result for run in runs["cached"]]
    figures, plain = (ratios(seconds(runs[name]), own) for name in ("re-running", "plain layout"))
    each = 1000 * median(own) / EPOCHS
    note = f"Against channels_last layers; against the plain layout {median(plain):.2f}. {each:.0f} ms an epoch."
    return Measured(median(figures), figures, note)


def head_ten_epochs() -> Measured:
    runs = _retrainings()
    slow, plain, fast = (seconds(runs[name]) for name in ("re-running", "plain layout", "cached"))
    figures = ratios(slow, fast)
    against_plain = median(ratios(plain, fast))
    note = f"{DIGITS:,} digits in {median(fast):.1f} s; against the plain layout {against_plain:.2f}."
    return Measured(median(figures), figures, note)


@cache
def _retrainings() -> Runs:
    """Retrain the missing-feature head both ways; the cached way also tells its epochs' own seconds."""
    digits = mnist.dataset().train.first(DIGITS)
    contenders: dict[str, Callable[[], object]] = {
        "re-running": partial(_re_running, digits, torch.channels_last),
        "plain layout": partial(_re_running, digits, torch.contiguous_format),
        "cached": partial(_cached, digits),
    }
    return side_by_side(contenders, ROUNDS)


def _cached(digits: Digits) -> float:
    *_, last = train(_missing_feature(), digits, digits.first(1), CONFIG)  # its clock starts when the cache is built
    return last.seconds


def _re_running(digits: Digits, layout: torch.memory_format) -> None:
    """In the faster layout the cache is all that differs; the plain one is what people usually have."""
    network = _missing_feature().to(memory_format=layout)
    head = nn.Sequential(network.inversion, network.head)
    optimizer = usual_optimizer(head)
    for _ in range(EPOCHS):
        learn(head, _features(network, digits), optimizer)


def _features(network: Classifier, digits: Digits) -> Iterator[tuple[Tensor, Tensor]]:
    for images, labels in shuffled(digits):
        yield _run_frozen(network, images), labels


@torch.no_grad()
def _run_frozen(network: Classifier, images: Tensor) -> Tensor:
    return network.features(images)


def _missing_feature() -> Classifier:
    standard = mnist.network("standard")
    assert isinstance(standard, Classifier)
    network = with_inversion(standard, "complement")
    network.head.requires_grad_(True)
    return copy.deepcopy(network)  # the layout is changed in place, and the features are everyone's
