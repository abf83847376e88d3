"""Prediction sets on whole and partial test digits: how often they hold the true class, and how large they are."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.digits.datasets import Dataset, Digits
from core.networks.evaluation import COLUMNS, WHOLE, Network, read_column
from core.networks.prediction_sets import ERROR_RATES, find_threshold, measure_sets, to_sets
from core.studies.finished_parts import PartStep, run_parts
from core.studies.recorded import Record, find_row, to_network_record
from core.studies.workers import SINGLE_PROCESS, WorkerPool
from core.zoo import checkpoints
from core.zoo.checkpoints import Card

STUDY = "prediction-sets"
NETWORKS = ("standard", "missing-feature", "restoring", "restoring-blind")
ERROR = 0.001  # of the conclusions and of what pages show first
SAME_CUT = "same cut"  # the threshold was chosen on digits with the same cut; else on whole ones
EVERY = 10  # networks that restore read every tenth digit: each takes many times as long


@dataclass(frozen=True)
class SetRow:
    """The sets of one network on one column of the PMNIST table."""

    network: str
    column: str
    chosen_on: str
    """WHOLE or SAME_CUT."""
    error: float
    threshold: float
    coverage: float
    size: float
    empty: float
    digits: int


def run_prediction_sets(
    dataset: Dataset, cards: Mapping[str, Card], out: Path, *, pool: WorkerPool = SINGLE_PROCESS
) -> Iterator[PartStep[str, SetRow]]:
    """Yield the rows of each network of `cards` once they are saved, in a file beside `out`; finished ones are kept."""
    weights = {name: card.weights_sha256 for name, card in cards.items()}
    same = {"rates": ERROR_RATES, "weights": weights, "sha256": dataset.sha256, "every": EVERY}
    yield from run_parts(_measure, list(cards), SetRow, same, dataset=dataset, out=out, pool=pool)


def _measure(dataset: Dataset, name: str) -> list[SetRow]:
    network = checkpoints.load_network(name, references=dataset.train)
    step = EVERY if network.restores else 1
    return measure_network(name, network, dataset.validation.every(step), dataset.test.every(step))


def measure_network(name: str, network: Network, known: Digits, test: Digits) -> list[SetRow]:
    """Return the rows of one network: thresholds are chosen on the digits `known`, sets are measured on `test`."""
    rows: list[SetRow] = []
    whole = read_column(network, known, WHOLE)
    for column in COLUMNS:
        chosen = {WHOLE: whole} | ({} if column == WHOLE else {SAME_CUT: read_column(network, known, column)})
        read = read_column(network, test, column)
        for chosen_on, probabilities in chosen.items():
            for error in ERROR_RATES:
                threshold = find_threshold(probabilities, known.labels, error)
                found = measure_sets(to_sets(read, threshold), test.labels)
                quality = {key: round(value, 3) for key, value in asdict(found).items()}
                rows.append(SetRow(name, column, chosen_on, error, threshold, **quality))
    return rows


def summarize(rows: Sequence[SetRow], dataset: Dataset, cards: Mapping[str, Card]) -> Record:
    """Return the record of the finished networks."""
    record = to_network_record(STUDY, rows, dataset, cards)
    return {**record, "conclusions": list(conclude(record))}


def conclude(record: Record) -> Iterator[str]:
    """Yield a sentence for each network: how far its sets keep their promise, on whole digits and without the top."""
    for name, title in record["networks"].items():
        asked: dict[str, Any] = {"network": name, "error": ERROR}
        whole = find_row(record, **asked, column=WHOLE, chosen_on=WHOLE)
        cut, again = (find_row(record, **asked, column="HCUT", chosen_on=on) for on in (WHOLE, SAME_CUT))
        if whole and cut and again:
            kept, lost, back = (f"{row['coverage']:.2f} %" for row in (whole, cut, again))
            yield (
                f"{title}: sets that may miss {100 * ERROR:g} % hold the true class of {kept} of whole digits "
                f"({whole['size']:.2f} classes), and of {lost} without the top half; with a threshold chosen on such "
                f"digits, of {back} ({again['size']:.2f} classes)."
            )
