"""Which maps a class needs: its accuracy without the maps it needs most, and without as many random maps."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean
from typing import Any

import torch
from torch import Tensor

from core.digits.datasets import Dataset
from core.feature_maps.needed_maps import (
    draw_orders,
    rank_needed_maps,
    score_silenced,
    silence_each_alone,
    silence_first,
)
from core.inversion.map_atlas import last_maps
from core.networks.classifier import Classifier
from core.studies.finished_parts import PartStep, run_parts
from core.studies.paired_differences import Difference, paired_difference
from core.studies.recorded import Record, find_rows, to_command, to_record
from core.studies.seed_networks import EPOCHS, MISSING, SHIPPED, STANDARD, describe_parts, list_parts, load_or_train
from core.studies.workers import SINGLE_PROCESS, WorkerPool

STUDY = "needed-maps"
SEEDS = 5
COUNTS = (1, 2, 3, 5, 10)  # maps that are silent together
DRAWS = 20  # random sets of maps of each size
ALL_ON, ALONE, NEEDED, RANDOM = "all on", "alone", "needed", "random"


@dataclass(frozen=True)
class SilencedRow:
    """What a network reads of all test digits when some maps of its last stage are silent."""

    part: str
    """Which networks: SHIPPED, or a seed."""
    network: str
    silent: str
    """ALL_ON: none; ALONE: one map; NEEDED: those that `needed_by` needs most; RANDOM: the mean of DRAWS such sets."""
    maps: tuple[int, ...]
    """Empty for random sets."""
    count: int
    needed_by: int | None
    accuracy: tuple[float, ...]
    """Percent, for each class."""


def run_needed_maps(
    dataset: Dataset, seeds: int, out: Path, *, pool: WorkerPool = SINGLE_PROCESS
) -> Iterator[PartStep[str, SilencedRow]]:
    """Yield the rows of the shipped networks and of each seed once they are saved; finished ones are kept."""
    same = {"counts": COUNTS, "draws": DRAWS, **describe_parts(dataset)}
    yield from run_parts(_measure, list_parts(seeds), SilencedRow, same, dataset=dataset, out=out, pool=pool)


def _measure(dataset: Dataset, part: str) -> list[SilencedRow]:
    """Return the rows of a part; of a seed only those of its standard network."""
    networks = zip((STANDARD, MISSING) if part == SHIPPED else (STANDARD,), load_or_train(dataset, part), strict=False)
    return [row for name, network in networks for row in measure_silence(part, name, network, dataset)]


def measure_silence(part: str, name: str, network: Classifier, dataset: Dataset) -> list[SilencedRow]:
    """Return a network's rows: which maps are needed is decided on validation digits, accuracies are of test digits."""
    classes, maps = len(dataset.classes), last_maps(network, dataset.test.images(slice(1))).shape[1]
    order = rank_needed_maps(network, dataset.validation, maps, classes=classes)

    def score(silent: Tensor) -> Tensor:
        return score_silenced(network, dataset.test, silent, classes=classes).accuracy

    def row(silent: str, numbers: Sequence[int], accuracy: Tensor, count: int, label: int | None = None) -> SilencedRow:
        shares = tuple(round(share, 2) for share in accuracy.tolist())
        return SilencedRow(part, name, silent, tuple(numbers), count, label, shares)

    rows = [row(ALL_ON, (), score(torch.zeros(1, maps, dtype=torch.bool))[0], 0)]
    if part == SHIPPED:
        rows += [row(ALONE, (at,), one, 1) for at, one in enumerate(score(silence_each_alone(maps)))]
    drawn = draw_orders(maps, DRAWS, seed=0)
    for count in COUNTS:
        needed = score(silence_first(order, count))
        rows += [row(NEEDED, order[at, :count].tolist(), one, count, at) for at, one in enumerate(needed)]
        rows.append(row(RANDOM, (), score(silence_first(drawn, count)).mean(0), count))
    return rows


def summarize(rows: Sequence[SilencedRow], dataset: Dataset, seeds: int) -> Record:
    """Return the record of the finished parts."""
    record = to_record(
        STUDY,
        dataset,
        [asdict(row) for row in rows],
        seeds=seeds,
        epochs=EPOCHS,
        command=to_command(STUDY, dataset.name, seeds=None if seeds == SEEDS else seeds),
        classes=list(dataset.classes),
    )
    return {**record, "conclusions": list(conclude(record))}


def list_costs(record: Record, network: str) -> list[list[float]]:
    """Return what each map of a shipped network costs each class when it alone is silent, in points: maps x classes."""
    (whole,) = find_rows(record, part=SHIPPED, network=network, silent=ALL_ON)
    alone = find_rows(record, part=SHIPPED, network=network, silent=ALONE)
    return [[before - now for before, now in zip(whole["accuracy"], row["accuracy"], strict=True)] for row in alone]


@dataclass(frozen=True)
class Silence:
    """The mean accuracy over the classes when so many maps are silent, for each seed, in percent."""

    own: list[float]
    """Of the class that needs them."""
    others: list[float]
    """Of all other classes, with the same maps silent."""
    random: list[float]
    """Of the class, with as many random maps silent."""


def compare_silence(record: Record, count: int) -> Silence:
    """Return the accuracies of the standard networks of all seeds; the shipped network is not among them."""
    found = Silence([], [], [])
    for part in dict.fromkeys(row["part"] for row in record["rows"] if row["part"] != SHIPPED):
        needed = find_rows(record, part=part, silent=NEEDED, count=count)
        (random,) = find_rows(record, part=part, silent=RANDOM, count=count)
        found.own.append(mean(row["accuracy"][row["needed_by"]] for row in needed))
        found.others.append(mean(mean(_others(row)) for row in needed))
        found.random.append(mean(random["accuracy"]))
    return found


def _others(row: dict[str, Any]) -> list[float]:
    return [share for label, share in enumerate(row["accuracy"]) if label != row["needed_by"]]


def list_accuracies(record: Record) -> list[float]:
    """Return the accuracy of the standard network of each seed with all maps on: the mean over the classes, percent."""
    return [mean(row["accuracy"]) for row in find_rows(record, silent=ALL_ON) if row["part"] != SHIPPED]


def against_control(record: Record, count: int) -> Difference:
    """Return by how much the needed maps cost a class more accuracy than random ones (below 0), over the seeds."""
    found = compare_silence(record, count)
    return paired_difference(found.own, found.random)


def conclude(record: Record) -> Iterator[str]:
    """Yield a sentence for each number of maps, once a seed is finished."""
    if any(row["part"] != SHIPPED for row in record["rows"]):
        yield from (describe_silence(record, count) for count in COUNTS)


def describe_silence(record: Record, count: int) -> str:
    """Return a sentence: how well a class is read without the maps it needs most, and without random maps."""
    found, against = compare_silence(record, count), against_control(record, count)
    maps = "the map" if count == 1 else f"the {count} maps"
    verdict = "" if against.verdict == "lower" else " Over these networks that is no clear difference."
    return (
        f"Without {maps} that it needs most, a class is read with {mean(found.own):.1f} % accuracy, and the other "
        f"classes with {mean(found.others):.1f} %. Without as many random maps the class is read with "
        f"{mean(found.random):.1f} %; the difference is {against} points.{verdict}"
    )
