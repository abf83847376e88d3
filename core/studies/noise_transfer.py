"""Whose noise fools whom: every network reads digits with noise made for each of them.

Its record and conclusions are made in `noise_transfer_record`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from core.adversarial.config import AttackConfig
from core.adversarial.gradient_attacks import make_adversarial
from core.adversarial.universal import UniversalConfig, nine_examples, universal_noise
from core.digits.datasets import Dataset, Digits
from core.networks.evaluation import Network, accuracy, predict
from core.studies.finished_parts import PartStep, run_parts
from core.studies.workers import SINGLE_PROCESS, WorkerPool

Loader = Callable[[Dataset], Mapping[str, Network]]
CLEAN, RANDOM_SIGNS = "nothing", "chance"  # sources without a network: unchanged digits, and random signs
EPSILONS = (0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3)
CROSSED = (0.1, 0.2)


@dataclass(frozen=True, kw_only=True)
class TransferConfig:
    """The settings of the study. Raises ValueError, one sentence, for impossible ones."""

    digits: int = 1000
    """Number of test digits, the first ones."""
    slow_digits: int = 100
    """For a network that finds holes, with the first network's noise alone: it takes 0.1 s for a noisy digit."""
    epsilons: tuple[float, ...] = EPSILONS
    """L-inf limits of each network's own noise."""
    crossed: tuple[float, ...] = CROSSED
    """Those of them at which every network also reads every other's noise."""
    steps: int = 10
    """Steps of PGD, from a random start."""
    universal_epsilon: float = 0.3
    """L-inf limit of the noise that is the same for all digits."""
    universal_steps: int = 30
    seed: int = 0

    def __post_init__(self) -> None:
        if min(self.digits, self.slow_digits, self.steps, self.universal_steps) < 1:
            raise ValueError("Noise transfer is measured with at least one digit and one step.")
        if set(self.crossed) - set(self.epsilons):
            raise ValueError("Noise that every network reads must be among the noise that is made.")


@dataclass(frozen=True)
class TransferRow:
    """How well one network reads one noise."""

    source: str
    """The network whose gradients made the noise, or CLEAN, or RANDOM_SIGNS."""
    noise: str
    """"none", "chance", "pgd", or "universal": one for all digits."""
    epsilon: float
    reader: str
    digits: int
    accuracy: float
    """Percent."""


def run_transfer(
    load: Loader,
    dataset: Dataset,
    config: TransferConfig,
    out: Path,
    *,
    settings: Any = None,
    pool: WorkerPool = SINGLE_PROCESS,
) -> Iterator[PartStep[str, TransferRow]]:
    """Yield every source's rows once they are saved, in a file beside `out`; a finished one is not run again.

    `load` returns the networks in every process that works: restoring ones are too large to be sent. Networks without
    gradients only read. `settings` identifies the weights: finished parts of other weights are not reused.
    """
    networks = load(dataset)
    sources = (CLEAN, RANDOM_SIGNS, *attackable_networks(networks))
    same = {**asdict(config), "sha256": dataset.sha256, "networks": list(networks), "weights": settings}
    work = partial(_evaluate, load, config)
    yield from run_parts(work, sources, TransferRow, same, dataset=dataset, out=out, pool=pool)


def _evaluate(load: Loader, config: TransferConfig, dataset: Dataset, source: str) -> list[TransferRow]:
    return list(evaluate_source(source, load(dataset), dataset, config))


def attackable_networks(networks: Mapping[str, Network]) -> tuple[str, ...]:
    """Return the names of the networks that noise can be made for."""
    return tuple(name for name, network in networks.items() if isinstance(network, nn.Module))


def evaluate_source(
    source: str, networks: Mapping[str, Network], dataset: Dataset, config: TransferConfig
) -> Iterator[TransferRow]:
    """Yield the accuracy of every network with a source's noise; at sizes that are not crossed, only the source's.

    The first network's noise is crossed at all sizes.
    """
    digits = dataset.test.first(config.digits)
    shared = source in (CLEAN, RANDOM_SIGNS, next(iter(networks)))
    for noise, epsilon, images in _noises(source, networks, dataset, config):
        crossed = noise in ("none", "universal") or epsilon in config.crossed
        for reader, network in networks.items():
            slow = network.restores and network.blind
            if (crossed and shared) if slow else (crossed or shared or reader == source):
                count = min(config.slow_digits if slow else config.digits, len(digits))
                labels = predict(network, images[:count]).argmax(1)
                read = round(accuracy(digits.labels[:count], labels), 2)
                yield TransferRow(source, noise, epsilon, reader, count, read)


def _noises(
    source: str, networks: Mapping[str, Network], dataset: Dataset, config: TransferConfig
) -> Iterator[tuple[str, float, Tensor]]:
    """Yield the kind of each noise, its epsilon, and the digits with it."""
    digits = dataset.test.first(config.digits)
    images, network = digits.images(), networks.get(source)
    if source == CLEAN:
        yield "none", 0.0, images
    elif source == RANDOM_SIGNS:
        chance = torch.Generator().manual_seed(config.seed)
        signs = torch.empty(images.shape).uniform_(-1, 1, generator=chance).sign().to(images.device)
        for epsilon in config.epsilons:
            yield "chance", epsilon, (images + epsilon * signs).clamp(0, 1)
    elif isinstance(network, nn.Module):
        for epsilon in config.epsilons:
            attack = AttackConfig(epsilon=epsilon, steps=config.steps, random_start=True, seed=config.seed)
            yield "pgd", epsilon, make_adversarial(network, images, digits.labels, attack)
        yield "universal", config.universal_epsilon, _universal(network, dataset, digits, config)


def _universal(network: nn.Module, dataset: Dataset, digits: Digits, config: TransferConfig) -> Tensor:
    """Return each digit with the noise of another class than its own, the nine others in turn."""
    settings = UniversalConfig(
        norm="linf",
        epsilon=config.universal_epsilon,
        steps=config.universal_steps,
        batch=50,
        digits=min(10_000, len(dataset.train)),
        seed=config.seed,
    )
    watched = dataset.validation.first(10)  # not used: all networks read the finished noise here
    *_, last = universal_noise(network, dataset.train, watched, nine_examples(dataset.train), settings)
    classes, noises = len(last.noises), last.noises.to(digits.device)
    other = torch.arange(len(digits), device=digits.device) % (classes - 1) + 1
    return (digits.images() + noises[(digits.labels + other) % classes]).clamp(0, 1)
