"""The time of reading with and without the shortcut, measured in turns so that other work slows both equally."""

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
from core.system import interrupts
from core.system.device import wait_for

ROUNDS = 3


@dataclass(frozen=True)
class Timing:
    """Milliseconds per digit (medians over the rounds), and the median of the rounds' ratios."""

    plain: float
    shortcut: float
    ratio: float


@dataclass(frozen=True)
class StageCosts:
    """Milliseconds per digit for the parts of a shortcut at one stage."""

    before: float
    """The layers up to the stage, which are always computed."""
    lookup: float
    """The feature vector and the comparison with all reference digits."""
    after: float
    """The layers that a hit skips."""


@torch.no_grad()
def measure_time(shortcut: Shortcut, images: Tensor, *, alone: bool = False, rounds: int = ROUNDS) -> Timing:
    """Time the network and the shortcut in turn on `images`, in batches, or each digit `alone`."""
    parts = images.split(1 if alone else BATCH)

    def read_plain() -> object:
        return [shortcut.network(part).argmax(1) for part in parts]

    def read_short() -> object:
        return [shortcut.read_one(image) for image in images] if alone else shortcut.read(images)

    works, device = (read_plain, read_short), images.device
    runs = [tuple(_seconds(work, device) for work in works) for _ in range(rounds + 1)][1:]  # the first one warms up
    each = [1000 * median(times) / len(images) for times in zip(*runs, strict=True)]
    return Timing(each[0], each[1], median(short / plain for plain, short in runs))


def _seconds(work: Callable[[], object], device: torch.device) -> float:
    start = time.perf_counter()
    work()
    wait_for(device)
    return time.perf_counter() - start


@torch.no_grad()
def measure_stage_costs(
    network: Classifier, stage: str, lookup: Lookup, images: Tensor, *, rounds: int = ROUNDS
) -> StageCosts:
    """Time the layers before a stage, the look-up at it, and the layers after it, for a batch of `images`."""
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


def _now(device: torch.device) -> float:
    wait_for(device)
    return time.perf_counter()


def _parts(before: list[torch.nn.Module], lookup: Lookup, after: list[torch.nn.Module], images: Tensor) -> list[float]:
    interrupts.check()
    ticks, output = [time.perf_counter()], images
    for module in before:
        output = module(output)
    ticks.append(_now(images.device))
    lookup.nearest(to_vectors(output))
    ticks.append(_now(images.device))
    for module in after:
        output = module(output)
    ticks.append(_now(images.device))
    return [end - begin for begin, end in zip(ticks, ticks[1:], strict=False)]
