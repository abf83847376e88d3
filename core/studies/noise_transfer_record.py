"""The study `adversarial` as a record: rows, matrices, curves and conclusions; `noise_transfer` measures it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import mean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.digits.datasets import Dataset
from core.studies.noise_transfer import CLEAN, RANDOM_SIGNS, TransferConfig, TransferRow
from core.studies.recorded import find_row, to_command, to_record
from core.zoo.checkpoints import Card

STUDY = "adversarial"
STANDARD, MISSING, ROBUST, BLIND = "standard", "missing-feature", "robust", "restoring-blind"


@dataclass(frozen=True, eq=False)
class Matrix:
    """Accuracies in percent, a row for each source of noise, a column for each reader; `nan`: not measured."""

    sources: tuple[str, ...]
    readers: tuple[str, ...]
    accuracies: NDArray[np.float64]


def summarize(
    rows: Sequence[TransferRow], dataset: Dataset, config: TransferConfig, cards: Mapping[str, Card]
) -> dict[str, Any]:
    """Return the record of the finished sources' rows."""
    record = to_record(
        STUDY,
        dataset,
        [asdict(row) for row in rows],
        images=config.digits,
        seeds=1,
        command=to_command(STUDY, dataset.name, digits=config.digits, steps=config.steps),
        settings=asdict(config),
        networks={name: {"title": card.title, "features": card.features_sha256} for name, card in cards.items()},
    )
    return {**record, "conclusions": list(conclude(record))}


def to_matrix(record: dict[str, Any], noise: str, epsilon: float) -> Matrix:
    """Return how every network reads every other's noise, of one kind ("pgd", "universal") and size."""
    rows = [row for row in record["rows"] if row["noise"] in (noise, "chance") and row["epsilon"] == epsilon]
    found = {(row["source"], row["reader"]): row["accuracy"] for row in rows}
    readers = tuple(record["networks"])
    made = {source for source, _ in found}
    sources = (*(name for name in readers if name in made), *([RANDOM_SIGNS] if RANDOM_SIGNS in made else []))
    cells = [[found.get((source, reader), np.nan) for reader in readers] for source in sources]
    return Matrix(sources, readers, np.array(cells, dtype=np.float64).reshape(len(sources), len(readers)))


def to_curve(record: dict[str, Any], reader: str, source: str | None = None) -> dict[float, float]:
    """Return a reader's accuracy in percent by epsilon, 0 first: under its own noise, a source's, or chance."""
    source = reader if source is None else source
    rows = [row for row in record["rows"] if row["reader"] == reader]
    clean = {row["epsilon"]: row["accuracy"] for row in rows if row["source"] == CLEAN}
    noisy = [row for row in rows if row["source"] == source and row["noise"] in ("pgd", "chance")]
    return clean | {row["epsilon"]: row["accuracy"] for row in sorted(noisy, key=lambda row: float(row["epsilon"]))}


def conclude(record: dict[str, Any]) -> Iterator[str]:
    """Yield the conclusions, a sentence each, without those whose figures are missing."""
    small, *_, large = record["settings"]["crossed"]
    parts = (
        compare_networks(record, small),
        _shared(record, small),
        _defended(record, large),
        _borrowed(record, large),
        compare_universal(record),
        _blind(record, small),
    )
    yield from (sentence for sentence in parts if sentence)
    if record["rows"]:
        yield "One seed: these are the shipped networks, so differences of a few points mean little."


def _cell(record: dict[str, Any], source: str, noise: str, epsilon: float, reader: str) -> float:
    """Return one cell; `nan` when it was not measured."""
    row = find_row(record, source=source, noise=noise, epsilon=epsilon, reader=reader)
    return np.nan if row is None else float(row["accuracy"])


def _title(record: dict[str, Any], name: str) -> str:
    return str(record["networks"].get(name, {}).get("title", name))


def compare_networks(record: dict[str, Any], epsilon: float) -> str:
    """Say whether the standard network's noise fools the missing-feature network, and the reverse."""
    ways = [(STANDARD, MISSING), (MISSING, STANDARD)]
    cells = [_cell(record, source, "pgd", epsilon, reader) for source, reader in (*ways, (STANDARD, STANDARD))]
    cells += [_cell(record, RANDOM_SIGNS, "chance", epsilon, MISSING)]
    if np.isnan(cells).any():
        return ""
    there, back, own, chance = cells
    lost = (chance - there) / max(chance - own, 1e-9)
    verdict = "is fooled, too" if lost > 2 / 3 else "is partly fooled" if lost > 1 / 3 else "is hardly fooled"
    return (
        f"With noise made for it (epsilon {epsilon:g}), the standard network reads {own:.1f} % of the digits. The "
        f"missing-feature network {verdict}: it reads {there:.1f} %, and {chance:.1f} % with random signs of that "
        f"size. The standard network reads {back:.1f} % with the missing-feature network's noise."
    )


def _shared(record: dict[str, Any], epsilon: float) -> str:
    """Say whether noise transfers better between networks that have the same convolutions."""
    matrix, networks = to_matrix(record, "pgd", epsilon), record["networks"]
    same: list[float] = []
    other: list[float] = []
    for (row, column), accuracy in np.ndenumerate(matrix.accuracies):
        source, reader = matrix.sources[row], matrix.readers[column]
        if source in (RANDOM_SIGNS, reader, ROBUST) or reader == ROBUST or reader not in matrix.sources:
            continue  # networks without own noise restore, then read like another
        alike = networks[source]["features"] == networks[reader]["features"]
        (same if alike else other).append(float(accuracy))
    if not same or not other:
        return ""
    verdict = "transfers better" if mean(same) < mean(other) else "does not transfer better"
    return (
        f"Noise {verdict} between networks that share convolutions: at epsilon {epsilon:g} they read {mean(same):.1f} "
        f"% with each other's noise, networks with different convolutions {mean(other):.1f} % (means of {len(same)} "
        f"and {len(other)} pairs, without the adversarially trained network)."
    )


def _defended(record: dict[str, Any], epsilon: float) -> str:
    """Say what adversarial training gains and costs."""
    networks, largest = (ROBUST, STANDARD), max(record["settings"]["epsilons"])
    noisy, beyond = ([_cell(record, name, "pgd", size, name) for name in networks] for size in (epsilon, largest))
    clean = [_cell(record, CLEAN, "none", 0.0, name) for name in networks]
    if np.isnan([*noisy, *beyond, *clean]).any():
        return ""
    return (
        f"With its own noise at epsilon {epsilon:g}, the adversarially trained network reads {noisy[0]:.1f} %, the "
        f"standard network {noisy[1]:.1f} %. Without noise they read {clean[0]:.1f} and {clean[1]:.1f} %. At "
        f"{largest:g}, more than in its training, the adversarially trained network reads {beyond[0]:.1f} %."
    )


def _borrowed(record: dict[str, Any], epsilon: float) -> str:
    """Say how other networks' noise affects the adversarially trained one, and how its noise affects them."""
    matrix = to_matrix(record, "pgd", epsilon)
    if ROBUST not in matrix.sources:
        return ""
    row, column = matrix.sources.index(ROBUST), matrix.readers.index(ROBUST)
    given = {name: matrix.accuracies[row, place] for place, name in enumerate(matrix.readers) if name != ROBUST}
    taken = {
        name: matrix.accuracies[place, column]
        for place, name in enumerate(matrix.sources)
        if name not in (ROBUST, RANDOM_SIGNS)
    }
    given = {name: accuracy for name, accuracy in given.items() if name in matrix.sources}
    if not given or not taken:
        return ""
    worst = min(taken, key=taken.__getitem__)
    return (
        f"With noise made for other networks (epsilon {epsilon:g}), the adversarially trained network reads at least "
        f"{taken[worst]:.1f} % ({_title(record, worst)}). With noise made for it, the others read "
        f"{min(given.values()):.1f} to {max(given.values()):.1f} %."
    )


def compare_universal(record: dict[str, Any]) -> str:
    """Say how one noise for all digits affects its own network and the others."""
    epsilon = record["settings"]["universal_epsilon"]
    matrix = to_matrix(record, "universal", epsilon)
    if STANDARD not in matrix.sources:
        return ""
    row = dict(zip(matrix.readers, matrix.accuracies[matrix.sources.index(STANDARD)], strict=True))
    others = {name: value for name, value in row.items() if name != STANDARD and name in matrix.sources}
    if not others:
        return ""
    least, most = (choose(others, key=others.__getitem__) for choose in (min, max))
    return (
        f"With one noise per class for all digits (epsilon {epsilon:g}), made for the standard network, it reads "
        f"{row[STANDARD]:.1f} %, {_title(record, least)} {others[least]:.1f} % and {_title(record, most)} "
        f"{others[most]:.1f} %."
    )


def _blind(record: dict[str, Any], epsilon: float) -> str:
    """Say whether blind restoration helps against noise."""
    cells = [_cell(record, STANDARD, "pgd", epsilon, name) for name in (BLIND, STANDARD)]
    if np.isnan(cells).any():
        return ""
    verdict = "helps" if cells[0] > cells[1] + 10 else "is no defence"
    digits = record["settings"]["slow_digits"]
    return (
        f"Blind restoration {verdict}: with the standard network's noise at epsilon {epsilon:g} it reads "
        f"{cells[0]:.0f} % of {digits} digits, and the standard network itself reads {cells[1]:.1f} %."
    )
