"""What the similarity shortcut is worth: hits, precision, accuracy and time by stage and threshold.

One half of the training digits is seen first, the other half and the test digits are then read with the shortcut. What
the figures say together is in `similarity_record`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from math import isnan
from pathlib import Path
from typing import Any

from core.digits.datasets import Dataset, Digits
from core.networks.architectures import ARCHITECTURES
from core.networks.classifier import Classifier, build
from core.similarity.feature_vectors import list_stages
from core.similarity.reference_vectors import ReferenceVectors, compute_references
from core.similarity.shortcut import Shortcut
from core.similarity.thresholds import (
    Comparison,
    choose_thresholds,
    compare_digits,
    evaluate_thresholds,
    quantile_thresholds,
)
from core.similarity.timing import Timing, measure_time
from core.studies.finished_parts import PartStep, run_parts
from core.studies.workers import SINGLE_PROCESS, WorkerPool
from core.training.loop import train
from core.zoo.recipes import CONFIG, SEED

HALF_TRAINED = "half"  # the network that the study trains itself, on the digits seen first alone
ARCHITECTURE = "assignment"  # its architecture
SECOND_HALF, TEST, VALIDATION = "second half", "test", "validation"
SHARES = (0.01, 0.02, 0.05, *(tenth / 10 for tenth in range(1, 11)))
TIMED = (0.1, 0.5, 1.0)


@dataclass(frozen=True, kw_only=True)
class SimilarityConfig:
    """What is compared with what. Raises ValueError, one sentence, for what cannot be."""

    seen: tuple[float, ...] = (0.5, 0.1, 0.02)
    """How many of the training digits are kept to compare with, as shares; the first is half of them."""
    second: int = 10_000
    """So many of the other half are read with it: as many as there are test digits."""
    shares: tuple[float, ...] = SHARES
    """Thresholds of the curves: those that so many of the validation digits would pass."""
    timed_shares: tuple[float, ...] = TIMED
    """Those of them at which time is measured too."""
    loss: float = 0.3
    """Points of accuracy that the chosen threshold may cost, on validation digits."""
    timed: int = 1000
    """Test digits whose reading is timed, handed over together; half as many at thresholds that are only tried."""
    alone: int = 100
    """And so many, each alone."""
    epochs: int = 6
    """Of the network that sees one half only; it is not the one that ships, whose 10 epochs are twice as long."""
    seed: int = SEED

    def __post_init__(self) -> None:
        if not self.seen or not all(0 < share < 1 for share in self.seen) or max(self.seen) != self.seen[0]:
            raise ValueError("The digits seen first are shares of all between 0 and 1, the largest first.")
        if min(self.second, self.timed, self.alone, self.epochs) < 1:
            raise ValueError("The similarity study takes at least one digit to read, one to time and one epoch.")
        if set(self.timed_shares) - set(self.shares):
            raise ValueError("Time is measured at thresholds that are tried.")


@dataclass(frozen=True)
class SimilarityRow:
    """One network with so many digits seen, compared at some stages, reading one split; all but times in percent."""

    network: str
    seen: int
    stages: str
    """Joined by "+", in the order in which they are asked."""
    split: str
    digits: int
    plain: float
    """What the network reads without the shortcut."""
    thresholds: dict[str, list[float]]
    """By stage, for each share of the config."""
    hits: list[float]
    precision: list[float | None]
    """None: nothing was hit."""
    accuracy: list[float]
    ratios: list[float]
    """Time against the plain network at the timed shares; of test digits only."""
    chosen: dict[str, Any]
    """The thresholds chosen on validation digits, and what came of them here."""
    times: dict[str, dict[str, float]]
    """With those: "together" and "alone", milliseconds for each digit and their ratio; of test digits only."""


def run_similarity(
    networks: Mapping[str, Classifier],
    dataset: Dataset,
    config: SimilarityConfig,
    out: Path,
    *,
    settings: Any = None,
    pool: WorkerPool = SINGLE_PROCESS,
) -> Iterator[PartStep[str, SimilarityRow]]:
    """Yield every network's rows once they are saved, in a file beside `out`; a finished one is not run again.

    The first network is trained here, on the first half of the digits alone. `settings` identifies the weights:
    finished parts of other weights are not reused.
    """
    same = {**asdict(config), "sha256": dataset.sha256, "weights": settings}
    work = partial(_measure, networks, config)
    names = (HALF_TRAINED, *networks)
    yield from run_parts(work, names, SimilarityRow, same, dataset=dataset, out=out, pool=pool)


def _measure(
    networks: Mapping[str, Classifier], config: SimilarityConfig, dataset: Dataset, name: str
) -> list[SimilarityRow]:
    network = train_on_half(dataset, config) if name == HALF_TRAINED else networks[name].to(dataset.device)
    return list(measure_network(name, network, dataset, config))


def split_halves(dataset: Dataset, config: SimilarityConfig) -> tuple[Digits, Digits]:
    """Return the training digits seen first, and those of the others that are read."""
    train, count = dataset.train, max(1, round(config.seen[0] * len(dataset.train)))
    return train.first(count), Digits(train.pixels[count:], train.labels[count:]).first(config.second)


def train_on_half(dataset: Dataset, config: SimilarityConfig) -> Classifier:
    """Return the network that has learned from the digits seen first, and from no other."""
    network = build(ARCHITECTURES[ARCHITECTURE], seed=config.seed)
    settings = replace(CONFIG, epochs=config.epochs, seed=config.seed, device=dataset.device.type)
    for _ in train(network, split_halves(dataset, config)[0], dataset.validation, settings):
        pass
    return network.to(dataset.device).eval().requires_grad_(False)


def stage_sets(network: Classifier) -> list[tuple[str, ...]]:
    """Return what is tried: every stage alone, then all convolutions in turn."""
    stages = list_stages(network)
    convolutions = tuple(stage for stage in stages if stage.startswith("conv"))
    return [*((stage,) for stage in stages), *([convolutions] if len(convolutions) > 1 else [])]


def measure_network(
    name: str, network: Classifier, dataset: Dataset, config: SimilarityConfig
) -> Iterator[SimilarityRow]:
    """Yield every row of one network."""
    first, second = split_halves(dataset, config)
    splits = {VALIDATION: dataset.validation, SECOND_HALF: second, TEST: dataset.test}
    everything = compute_references(network, first)
    for share in config.seen:
        seen = everything.first(max(1, round(share * len(dataset.train))))
        surveys = {split: compare_digits(network, seen, digits) for split, digits in splits.items()}
        for stages in stage_sets(network):
            yield from _measure_stages(name, network, seen.at_stages(*stages), surveys, dataset.test, config)


def _measure_stages(
    name: str,
    network: Classifier,
    seen: ReferenceVectors,
    surveys: Mapping[str, Comparison],
    test: Digits,
    config: SimilarityConfig,
) -> Iterator[SimilarityRow]:
    stages = tuple(seen.lookups)
    held_out = surveys[VALIDATION].at_stages(*stages)
    tried = {share: quantile_thresholds(held_out, share) for share in config.shares}
    chosen = choose_thresholds(held_out, config.loss)
    for split, surveyed in surveys.items():
        here = surveyed.at_stages(*stages)
        outcomes = [evaluate_thresholds(here, thresholds) for thresholds in tried.values()]
        ratios, times = _time(network, seen, tried, chosen, test, config) if split == TEST else ([], {})
        yield SimilarityRow(
            network=name,
            seen=len(seen),
            stages="+".join(stages),
            split=split,
            digits=len(here.labels),
            plain=_round(here.accuracy),
            thresholds={stage: [_digits(thresholds[stage]) for thresholds in tried.values()] for stage in stages},
            hits=[_round(one.hits) for one in outcomes],
            precision=[_round_measured(one.precision) for one in outcomes],
            accuracy=[_round(one.accuracy) for one in outcomes],
            ratios=ratios,
            chosen=_describe_chosen(here, chosen),
            times=times,
        )


def _describe_chosen(here: Comparison, chosen: Mapping[str, float]) -> dict[str, Any]:
    """Return the chosen thresholds by stage, and what came of them on these digits."""
    own = evaluate_thresholds(here, chosen)
    return {
        "thresholds": {stage: _digits(threshold) for stage, threshold in chosen.items()},
        "hits": _round(own.hits),
        "precision": _round_measured(own.precision),
        "network": _round_measured(own.network_accuracy),
        "accuracy": _round(own.accuracy),
    }


def _time(
    network: Classifier,
    seen: ReferenceVectors,
    tried: Mapping[float, Mapping[str, float]],
    chosen: Mapping[str, float],
    test: Digits,
    config: SimilarityConfig,
) -> tuple[list[float], dict[str, dict[str, float]]]:
    """Return the ratios at the timed shares, and the times with the chosen thresholds."""
    images = test.first(config.timed).images()
    some = images[: max(1, len(images) // 2)]
    shortcuts = [Shortcut(network, seen, tried[share]) for share in config.timed_shares]
    ratios = [_round(measure_time(shortcut, some, rounds=1).ratio) for shortcut in shortcuts]
    best = Shortcut(network, seen, chosen)
    together, alone = measure_time(best, images), measure_time(best, images[: config.alone], alone=True)
    return ratios, {"together": _to_dict(together), "alone": _to_dict(alone)}


def _to_dict(timing: Timing) -> dict[str, float]:
    return {name: round(value, 4) for name, value in asdict(timing).items()}


def _round(value: float) -> float:
    return round(value, 2)


def _round_measured(value: float) -> float | None:
    """Return None for `nan`: there was nothing to measure."""
    return None if isnan(value) else _round(value)


def _digits(value: float) -> float:
    return float(f"{value:.4g}")
