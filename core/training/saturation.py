"""Sigmoids with and without batch norm: how many of them saturate while a network learns (Ioffe and Szegedy 2015).

A sigmoid near 0 or 1 has almost no slope, so no gradient passes through it and the layers before it stop learning.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.digits.datasets import Digits
from core.networks.architectures import NORM, POOL, Architecture, Stage, conv
from core.networks.classifier import Classifier, build
from core.networks.evaluation import evaluate
from core.training.config import TrainConfig
from core.training.loop import TrainStep, train

WITHOUT, WITH = "without batch norm", "with batch norm"
ARMS = (WITHOUT, WITH)
EDGE = 0.05  # a sigmoid this close to 0 or 1 is saturated: its slope is at most a fifth of the steepest
BINS = 20  # of the histogram of a sigmoid's outputs, from 0 to 1
HELD_OUT = 500  # validation digits on which everything is measured
REPORTS = 2  # per epoch


@dataclass(frozen=True, kw_only=True)
class SaturationConfig:
    """How the networks learn. Raises ValueError, one sentence, for impossible settings."""

    learning_rate: float = 0.3
    epochs: int = 6
    digits: int = 2000
    """Training digits."""
    seeds: int = 3

    def __post_init__(self) -> None:
        if not (1 <= self.seeds <= 10 and 1 <= self.epochs <= 20 and 100 <= self.digits <= 50_000):
            raise ValueError("There are 1 to 10 seeds, 1 to 20 epochs and 100 to 50,000 training digits.")


@dataclass(frozen=True, eq=False)
class StageSaturation:
    """The outputs of one sigmoid stage for the validation digits, over all seeds."""

    stage: str
    saturated: float
    """Percent of the outputs within EDGE of 0 or 1."""
    histogram: Tensor
    """Share of the outputs in each of BINS bins from 0 to 1, `(BINS,)`."""


@dataclass(frozen=True, eq=False)
class SaturationStep:
    """All networks at one moment of their training, by arm."""

    epoch: float
    accuracies: dict[str, tuple[float, ...]]
    """Percent of the validation digits, for each seed."""
    stages: dict[str, tuple[StageSaturation, ...]]


def design(arm: str, classes: int = 10) -> Architecture:
    """Return three convolutions with sigmoids; with batch norm, it comes before each sigmoid, as in the paper."""
    between = (NORM, Stage("sigmoid")) if arm == WITH else (Stage("sigmoid"),)
    stages = (conv(8, 5), *between, POOL, conv(16, 3), *between, POOL, conv(32, 3), *between)
    return Architecture(arm, stages, classes=classes)


def compare_batch_norm(
    digits: Digits, validation: Digits, config: SaturationConfig | None = None
) -> Iterator[SaturationStep]:
    """Train both arms with every seed side by side; yield before the first batch and twice in each epoch.

    Both arms of a seed see the same digits in the same order. Raises DivergedError, a sentence.
    """
    config = config or SaturationConfig()
    digits, validation = digits.first(config.digits), validation.first(HELD_OUT)
    classes = int(max(digits.labels.max(), validation.labels.max())) + 1
    networks = {arm: [build(design(arm, classes), seed=seed) for seed in range(config.seeds)] for arm in ARMS}
    trainings = [
        _train(network.to(digits.device), digits, validation, config, seed)
        for of_arm in networks.values()
        for seed, network in enumerate(of_arm)
    ]
    yield _measure(networks, validation, 0.0)
    for first, *_ in zip(*trainings, strict=True):
        yield _measure(networks, validation, first.epoch - 1 + first.batch / first.batches)


def _train(
    network: Classifier, digits: Digits, validation: Digits, config: SaturationConfig, seed: int
) -> Iterator[TrainStep]:
    batches = -(-config.digits // 50)
    settings = TrainConfig(
        epochs=config.epochs,
        batch=50,
        learning_rate=config.learning_rate,
        momentum=0.9,
        seed=seed,
        device=digits.device.type,
        report_every=-(-batches // REPORTS),
    )
    return train(network, digits, validation, settings)


def _measure(networks: dict[str, list[Classifier]], validation: Digits, epoch: float) -> SaturationStep:
    images = validation.images()
    accuracies = {arm: tuple(evaluate(one, validation) for one in of_arm) for arm, of_arm in networks.items()}
    return SaturationStep(epoch, accuracies, {arm: _saturations(of_arm, images) for arm, of_arm in networks.items()})


@torch.no_grad()
def _saturations(networks: list[Classifier], images: Tensor) -> tuple[StageSaturation, ...]:
    outputs = [network.activations(images) for network in networks]
    names = [name for name, stage in networks[0].stages() if isinstance(stage, nn.Sigmoid)]
    return tuple(_saturation(name, torch.cat([one[name].flatten().cpu() for one in outputs])) for name in names)


def _saturation(stage: str, values: Tensor) -> StageSaturation:
    saturated = 100 * float(((values < EDGE) | (values > 1 - EDGE)).float().mean())
    return StageSaturation(stage, saturated, torch.histc(values, BINS, 0, 1) / len(values))
