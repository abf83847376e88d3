"""The second model over all pairs of classes: trained on digits or on feature maps, tested on both."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import combinations
from pathlib import Path
from statistics import mean
from typing import Any

from core.digits.datasets import Dataset
from core.second_model.domain_gap import measure_domain_gap
from core.second_model.training import ALL_MAPS, DIGITS, Accuracies, SecondModelConfig, run_second_model
from core.studies.finished_parts import PartStep, run_parts
from core.studies.recorded import Record, to_command, to_record
from core.studies.workers import SINGLE_PROCESS, WorkerPool

STUDY = "second-model"


@dataclass(frozen=True)
class PairRow:
    """One pair of classes."""

    first: int
    second: int
    accuracies: Accuracies
    distances: dict[str, float]
    """By conv stage: how far a map is from its digit, root mean square over the pixels."""
    among: float
    """The same between two digits of one class."""
    negatives: dict[str, int]
    """By conv stage: maps that show a digit rather as its negative."""
    maps: dict[str, int]
    """By conv stage: how many there are."""


def run_pairs(
    dataset: Dataset, config: SecondModelConfig, out: Path, *, pool: WorkerPool = SINGLE_PROCESS
) -> Iterator[PartStep[tuple[int, int], PairRow]]:
    """Yield every pair's row once it is saved, in a file beside `out`; a finished one is not run again."""
    pairs = list(combinations(range(len(dataset.classes)), 2))
    same = {**asdict(replace(config, first=0, second=1)), "sha256": dataset.sha256}
    yield from run_parts(partial(_measure, config), pairs, PairRow, same, dataset=dataset, out=out, pool=pool)


def _measure(config: SecondModelConfig, dataset: Dataset, pair: tuple[int, int]) -> list[PairRow]:
    return [measure_pair(dataset, replace(config, first=pair[0], second=pair[1]))]


def measure_pair(dataset: Dataset, config: SecondModelConfig) -> PairRow:
    """Train and test all networks on one pair of classes."""
    result = run_second_model(dataset, config)
    reasons = [
        measure_domain_gap(stage, result.learned[DIGITS], result.learned[stage])
        for stage in result.learned
        if stage not in (DIGITS, ALL_MAPS)
    ]
    return PairRow(
        config.first,
        config.second,
        result.accuracies,
        {one.stage: round(one.distance, 4) for one in reasons},
        round(reasons[0].within_class, 4),
        {one.stage: one.negatives for one in reasons},
        {one.stage: len(one.correlations) for one in reasons},
    )


def summarize(rows: Sequence[PairRow], dataset: Dataset, config: SecondModelConfig) -> Record:
    """Return the record of the finished pairs."""
    record = to_record(
        STUDY,
        dataset,
        [asdict(row) for row in rows],
        images=config.tested,
        classes=list(dataset.classes),
        seeds=1,
        command=to_command(STUDY, dataset.name, learned=config.learned, epochs=config.epochs),
        settings=asdict(config),
    )
    return {**record, "conclusions": list(conclude(record))}


def conclude(record: dict[str, Any]) -> Iterator[str]:
    """Yield the conclusions, a sentence each; none without rows."""
    rows, classes = record["rows"], record["classes"]
    if not rows:
        return
    one, two = ([float(row["accuracies"][learner][DIGITS]) for row in rows] for learner in (DIGITS, ALL_MAPS))
    worst = min(rows, key=lambda row: float(row["accuracies"][ALL_MAPS][DIGITS] - row["accuracies"][DIGITS][DIGITS]))
    lost = mean(one) - mean(two)
    verdict = "almost as well" if lost < 2 else "worse" if lost < 10 else "much worse"
    yield (
        f"Network 2 saw only feature maps and never a digit, and reads digits {verdict}: over {len(rows)} pairs "
        f"network 1 reads {mean(one):.2f} % of the test digits, network 2 reads {mean(two):.2f} %."
    )
    before, after = (worst["accuracies"][learner][DIGITS] for learner in (DIGITS, ALL_MAPS))
    yield (
        f"The largest loss is between {classes[worst['first']]} and {classes[worst['second']]}: {after:.1f} % instead "
        f"of {before:.1f} %."
    )
    stages = list(rows[0]["distances"])
    each = [
        f"{mean(float(row['accuracies'][stage][DIGITS]) for row in rows):.1f} % with the maps of {stage}"
        for stage in stages
    ]
    yield f"Trained on one layer's maps alone, a network reads {', '.join(each)}."
    back = [
        f"{mean(float(row['accuracies'][DIGITS][stage]) for row in rows):.1f} % of the maps of {stage}"
        for stage in stages
    ]
    yield f"The other direction fails: network 1 reads {', '.join(back)} (guessing: 50 %)."
    yield from _why(rows, stages)
    yield "One seed, one network for each pair: differences of a point between two pairs mean little."


def _why(rows: Sequence[dict[str, Any]], stages: Sequence[str]) -> Iterator[str]:
    """Say how much the maps differ from digits, and how many resemble the negative."""
    among = mean(float(row["among"]) for row in rows)
    for stage in stages:
        apart = mean(float(row["distances"][stage]) for row in rows)
        negatives = 100 * sum(row["negatives"][stage] for row in rows) / sum(row["maps"][stage] for row in rows)
        yield (
            f"The distance of a map of {stage} from its digit is {apart:.2f}; two digits of one class are {among:.2f} "
            f"apart (root mean square). {negatives:.0f} % of the maps are more like the negative of the digit."
        )
