"""What reading costs with the shortcut and without, measured in turns so that other work slows both alike."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import torch
from torch import Tensor

from core.networks.classifier import Classifier
from core.networks.evaluation import BATCH
from core.similarity.feature_vectors import to_vectors
from core.similarity.lookup import Lookup
from core.similarity.shortcut import Shortcut

ROUNDS = 3


@dataclass(frozen=True)
class Timing:
    """Milliseconds for each digit, medians of the rounds, and the median of each round's ratio."""

    plain: float
    shortcut: float
    ratio: float


@dataclass(frozen=True)
class StageCosts:
    """Milliseconds for each digit of the parts of a shortcut at one stage."""

    before: float
    """The layers up to the stage, which nothing saves."""
    lookup: float
    """The feature vector and the comparison with all that was seen."""
    after: float
    """The layers that a hit skips."""


def measure_time(shortcut: Shortcut, images: Tensor, *, alone: bool = False, rounds: int = ROUNDS) -> Timing:
    """Let the network and the shortcut read `images` in turn, all handed over together, or each digit `alone`."""
    plain, short = (_alone, _alone_short) if alone else (_together, _together_short)
    runs = [
        (_seconds(lambda: plain(shortcut.network, images)), _seconds(lambda: short(shortcut, images)))
        for _ in range(rounds + 1)
    ][1:]
    each = [1000 * median(times) / len(images) for times in zip(*runs, strict=True)]
    return Timing(each[0], each[1], median(short / plain for plain, short in runs))


@torch.no_grad()
def _together(network: Classifier, images: Tensor) -> object:
    return [network(part).argmax(1) for part in images.split(BATCH)]


def _together_short(shortcut: Shortcut, images: Tensor) -> object:
    return shortcut.read(images)


@torch.no_grad()
def _alone(network: Classifier, images: Tensor) -> object:
    return [network(image).argmax(1) for image in images.split(1)]


def _alone_short(shortcut: Shortcut, images: Tensor) -> object:
    return [shortcut.read_one(image) for image in images]


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


@torch.no_grad()
def measure_stage_costs(
    network: Classifier, stage: str, lookup: Lookup, images: Tensor, *, rounds: int = ROUNDS
) -> StageCosts:
    """Measure what comes before a stage, at it and after it, for `images` handed over together."""
    names = [name for name, _ in network.stages()]
    modules = [module for _, module in network.stages()]
    at = names.index(stage) + 1
    runs = []
    for _ in range(rounds + 1):
        spent = [0.0, 0.0, 0.0]
        for part in images.split(BATCH):
            for number, seconds in enumerate(_parts(modules[:at], lookup, modules[at:], part)):
                spent[number] += seconds
        runs.append(spent)
    return StageCosts(*(1000 * median(times) / len(images) for times in zip(*runs[1:], strict=True)))


def _parts(before: list[torch.nn.Module], lookup: Lookup, after: list[torch.nn.Module], images: Tensor) -> list[float]:
    ticks, output = [time.perf_counter()], images
    for module in before:
        output = module(output)
    ticks.append(time.perf_counter())
    lookup.nearest(to_vectors(output))
    ticks.append(time.perf_counter())
    for module in after:
        output = module(output)
    ticks.append(time.perf_counter())
    return [end - begin for begin, end in zip(ticks, ticks[1:], strict=False)]
