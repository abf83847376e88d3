"""The study of the similarity shortcut as a record: rows and conclusions; `similarity` measures it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from statistics import mean
from typing import Any

from core.digits.datasets import Dataset
from core.studies.recorded import find_rows, to_command, to_record
from core.studies.similarity import ARCHITECTURE, HALF_TRAINED, SECOND_HALF, TEST, SimilarityConfig, SimilarityRow
from core.zoo.checkpoints import Card

STUDY = "similarity"
TIE = 0.05  # two measurements of one ratio differ by at least as much
WAYS = {"together": "in a batch", "alone": "one at a time"}
Row = dict[str, Any]
STAGE_WORDS = {"flatten": "the last pooled vector"}


def summarize(
    rows: Sequence[SimilarityRow], dataset: Dataset, config: SimilarityConfig, cards: Mapping[str, Card]
) -> dict[str, Any]:
    """Return the record of the finished networks' rows."""
    half = f"{ARCHITECTURE.capitalize()}, trained on the half that was seen first"
    titles = {HALF_TRAINED: half} | {name: f"{card.title}, trained on both halves" for name, card in cards.items()}
    record = to_record(
        STUDY,
        dataset,
        [asdict(row) for row in rows],
        seeds=1,
        command=to_command(STUDY, dataset.name, loss=f"{config.loss:g}", epochs=config.epochs),
        settings=asdict(config),
        networks=titles,
    )
    return {**record, "conclusions": list(conclude(record))}


def describe_stages(stages: str) -> str:
    """Return where digits were compared, in words: "conv1, then conv2"."""
    return ", then ".join(STAGE_WORDS.get(stage, stage) for stage in stages.split("+"))


def fastest_row(record: dict[str, Any], network: str, way: str) -> Row | None:
    """Return the setting of a network that takes the least time on test digits, against the plain network.

    All settings' thresholds lose at most the stated accuracy on validation digits. None: nothing was measured.
    """
    rows = find_rows(record, network=network, split=TEST)
    return min(rows, key=lambda row: float(row["times"][way]["ratio"]), default=None)


def conclude(record: dict[str, Any]) -> Iterator[str]:
    """Yield the conclusions, a sentence each, without those whose figures are missing."""
    for network in record["networks"]:
        yield from filter(None, (_first_half(record, network), _stages(record, network)))
        yield from (_best(record, network, way) for way in WAYS if fastest_row(record, network, way))
    if record["rows"]:
        yield _strangers(record)
        yield describe_verdict(record)
        yield (
            "One seed each: differences of a few tenths of a point mean little. Times were measured in one run; on "
            "another processor they differ."
        )


def _largest(record: dict[str, Any], network: str) -> int:
    return max((row["seen"] for row in find_rows(record, network=network)), default=0)


def _first_half(record: dict[str, Any], network: str) -> str:
    """Say what half of the training digits, compared after the last convolution, does to the digits it was kept for."""
    seen = _largest(record, network)
    rows = [row for row in find_rows(record, network=network, seen=seen) if "+" not in row["stages"]]
    found = {row["split"]: row for row in rows if row["stages"].startswith("conv")}  # the last convolution's stay
    if not {SECOND_HALF, TEST} <= set(found):
        return ""
    told = [
        f"Of {name}, {row['chosen']['hits']:.1f} % stop early, {_correctly(row)}; "
        f"{row['chosen']['accuracy']:.2f} % of all are read correctly instead of {row['plain']:.2f} %"
        for name, row in (
            (f"{found[SECOND_HALF]['digits']:,} digits of the other half", found[SECOND_HALF]),
            (f"{found[TEST]['digits']:,} test digits", found[TEST]),
        )
    ]
    known = "" if network == HALF_TRAINED else " (this network was trained on both halves, so it knows the other half)"
    return (
        f"{record['networks'][network]}, compared with {seen:,} digits after {found[TEST]['stages']}. "
        f"{'. '.join(told)}{known}."
    )


def _correctly(row: Row) -> str:
    precision, network = row["chosen"]["precision"], row["chosen"]["network"]
    return (
        "none of them" if precision is None else f"{precision:.1f} % of them correctly (whole network: {network:.1f} %)"
    )


def _stages(record: dict[str, Any], network: str) -> str:
    """Say how often the nearest digit's label is right at each stage, whatever its distance."""
    rows = find_rows(record, network=network, split=TEST, seen=_largest(record, network))
    shares = [
        f"{row['precision'][-1]:.1f} % at {describe_stages(row['stages'])}"
        for row in rows
        if "+" not in row["stages"] and row["precision"][-1] is not None
    ]
    return f"At any distance, the nearest digit has the correct label for {', '.join(shares)}." if shares else ""


def _best(record: dict[str, Any], network: str, way: str) -> str:
    row = fastest_row(record, network, way)
    assert row is not None
    time, chosen = row["times"][way], row["chosen"]
    return (
        f"Fastest {WAYS[way]}, with at most {record['settings']['loss']:g} points lost on validation digits: "
        f"{describe_stages(row['stages'])}, {row['seen']:,} reference digits. {chosen['hits']:.1f} % stop early, "
        f"{chosen['accuracy']:.2f} % are read correctly instead of {row['plain']:.2f} %, in {time['ratio']:.2f} times "
        f"the whole network's time ({time['shortcut']:.3f} instead of {time['plain']:.3f} ms for each digit)."
    )


def _strangers(record: dict[str, Any]) -> str:
    """Say what the chosen thresholds cost on digits that were not used to choose them."""
    rows = find_rows(record, split=TEST)
    costs = [float(row["plain"]) - float(row["chosen"]["accuracy"]) for row in rows]
    fit = ": they fit the validation digits too well" if mean(costs) > record["settings"]["loss"] else ""
    return (
        f"The thresholds may lose {record['settings']['loss']:g} points on validation digits. On test digits they "
        f"lose {mean(costs):.2f} points on average, {max(costs):.2f} at most{fit}."
    )


def describe_verdict(record: dict[str, Any]) -> str:
    """Return a sentence: whether the shortcut ever saves time."""
    ratios = [row["times"][way]["ratio"] for row in find_rows(record, split=TEST) for way in WAYS]
    pays, least = sum(ratio < 1 - TIE for ratio in ratios), min(ratios)
    if pays:
        return (
            f"The shortcut saves time in {pays} of {len(ratios)} settings; the fastest takes {least:.2f} times the "
            "whole network's time. In the others the look-up takes as long as the layers it saves, or longer."
        )
    tie = ", which is no clear difference" if least < 1 + TIE else ""
    return (
        f"The shortcut never saves time here: of {len(ratios)} settings, the fastest takes {least:.2f} times the whole "
        f"network's time{tie}. These networks are so small that the look-up takes longer than the layers it saves."
    )
