"""Accuracy of five networks against the strength of every natural corruption, on test digits."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.corruptions.kinds import CORRUPTIONS, corrupt
from core.digits.datasets import Dataset, Digits
from core.networks.evaluation import Network, accuracy, predict
from core.studies.finished_parts import PartStep, run_parts
from core.studies.recorded import Record, find_row, to_network_record
from core.studies.workers import SINGLE_PROCESS, WorkerPool
from core.system.intervals import wilson_interval
from core.zoo import checkpoints
from core.zoo.checkpoints import Card

STUDY = "corruptions"
SEED = 0  # of the chance in a corruption
CONVOLUTIONAL, DENSE = "local-conv", "local-dense"  # trained alike, so that their difference is the architecture
NETWORKS = ("standard", "missing-feature", "robust", CONVOLUTIONAL, DENSE)


@dataclass(frozen=True)
class CorruptionRow:
    """One network under one corruption."""

    network: str
    corruption: str
    strengths: tuple[float, ...]
    accuracy: tuple[float, ...]
    """Percent, for each strength."""
    digits: int


def run_corruptions(
    dataset: Dataset, cards: Mapping[str, Card], out: Path, *, pool: WorkerPool = SINGLE_PROCESS
) -> Iterator[PartStep[str, CorruptionRow]]:
    """Yield the rows of each network of `cards` once they are saved, in a file beside `out`; finished ones are kept."""
    strengths = {kind: one.strengths for kind, one in CORRUPTIONS.items()}
    weights = {name: card.weights_sha256 for name, card in cards.items()}
    same = {"strengths": strengths, "weights": weights, "sha256": dataset.sha256, "seed": SEED}
    yield from run_parts(_measure, list(cards), CorruptionRow, same, dataset=dataset, out=out, pool=pool)


def _measure(dataset: Dataset, name: str) -> list[CorruptionRow]:
    network = checkpoints.load_network(name, references=dataset.train)
    return [measure_corruption(name, network, kind, dataset.test) for kind in CORRUPTIONS]


def measure_corruption(name: str, network: Network, kind: str, digits: Digits) -> CorruptionRow:
    """Return a network's accuracies at every strength of one corruption, on the digits' device."""
    images, strengths = digits.images(), CORRUPTIONS[kind].strengths
    read = (predict(network, corrupt(images, kind, strength, seed=SEED)).argmax(1) for strength in strengths)
    found = tuple(round(accuracy(digits.labels, labels), 2) for labels in read)
    return CorruptionRow(name, kind, strengths, found, len(digits))


def summarize(rows: Sequence[CorruptionRow], dataset: Dataset, cards: Mapping[str, Card]) -> Record:
    """Return the record of the finished networks."""
    record = to_network_record(STUDY, rows, dataset, cards)
    return {**record, "conclusions": list(conclude(record))}


def describe_accuracy(row: Mapping[str, Any], strength: float) -> str:
    """Return an accuracy with its 95 % interval over the digits: "52.5 % (51.5 to 53.4)"."""
    percent = row["accuracy"][list(row["strengths"]).index(strength)]
    low, high = wilson_interval(round(percent * row["digits"] / 100), row["digits"])
    return f"{percent:.1f} % ({low:.1f} to {high:.1f})"


def conclude(record: Record) -> Iterator[str]:
    """Yield a sentence for each corruption: the convolutional and the dense network, and which network holds best."""
    for kind, one in CORRUPTIONS.items():
        rows = {name: row for name in record["networks"] if (row := find_row(record, network=name, corruption=kind))}
        at = f"{one.title}, {one.describe(one.first)}"
        if {CONVOLUTIONAL, DENSE} <= set(rows):
            conv, dense = (describe_accuracy(rows[name], one.first) for name in (CONVOLUTIONAL, DENSE))
            yield f"{at}: the convolutional network reads {conv}, the dense one {dense}, trained alike."
        if rows:
            place = one.strengths.index(one.first)
            best = max(rows, key=lambda name: float(rows[name]["accuracy"][place]))
            yield f"{at}: {record['networks'][best]} reads most, {describe_accuracy(rows[best], one.first)}."
    if record["rows"]:
        yield "One network of each kind (one seed). The intervals (Wilson, 95 %) are about the digits, not the seeds."
