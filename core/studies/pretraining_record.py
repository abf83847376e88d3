"""The study of pre-training as a record: rows, gains and conclusions; `pretraining` measures it."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import product
from statistics import mean, stdev

from core.digits.datasets import Dataset
from core.studies.pretraining import (
    LABELLED,
    RANDOM,
    STARTS,
    SUPERVISED,
    UNLABELLED,
    PretrainingConfig,
    PretrainingRow,
)
from core.studies.recorded import Record, find_row, to_command, to_record
from core.system.number_format import format_signed

STUDY = "pretraining"
TITLES = {
    RANDOM: "random",
    UNLABELLED: "a discriminator without labels",
    LABELLED: "the shipped discriminator (all labels)",
    SUPERVISED: "the standard network (all labels)",
}


def summarize(rows: Sequence[PretrainingRow], dataset: Dataset, config: PretrainingConfig) -> Record:
    """Return the record of the finished parts' rows."""
    record = to_record(
        STUDY,
        dataset,
        list(_rows(rows)),
        seeds=len({row.seed for row in rows}),
        command=_command(config, dataset),
        settings=asdict(config),
        titles=TITLES,
    )
    return {**record, "conclusions": list(conclude(record))}


def _rows(rows: Sequence[PretrainingRow]) -> Iterator[Record]:
    for labelled, frozen, start in product(sorted({row.labelled for row in rows}), (False, True), STARTS):
        asked = (start, frozen, labelled)
        found = {row.seed: row.accuracy for row in rows if (row.start, row.frozen, row.labelled) == asked}
        values = [found[seed] for seed in sorted(found)]
        if values:
            spread = round(stdev(values), 2) if len(values) > 1 else None
            yield {
                "arm": start,
                "frozen": frozen,
                "labelled": labelled,
                "seeds": len(values),
                "mean": round(mean(values), 2),
                "std": spread,
                "values": values,
            }


def _command(config: PretrainingConfig, dataset: Dataset) -> str:
    default = PretrainingConfig()
    return to_command(
        STUDY,
        dataset.name,
        seeds=config.seeds,
        labelled=",".join(map(str, config.labelled)) if config.labelled != default.labelled else None,
        gan_epochs=config.gan_epochs if config.gan_epochs != default.gan_epochs else None,
    )


def label_counts(record: Record) -> list[int]:
    """Return the numbers of labelled digits that were measured."""
    return sorted({row["labelled"] for row in record["rows"]})


def gains(record: Record, start: str, *, frozen: bool, labelled: int) -> list[float]:
    """Return the gain in points over random convolutions that are trained, for each seed."""
    row, base = (
        find_row(record, arm=start, frozen=frozen, labelled=labelled),
        find_row(record, arm=RANDOM, frozen=False, labelled=labelled),
    )
    if row is None or base is None or row["seeds"] != base["seeds"]:
        return []
    return [one - other for one, other in zip(row["values"], base["values"], strict=True)]


def conclude(record: Record) -> Iterator[str]:
    """Yield the conclusions, a sentence each, without those whose figures are missing."""
    for labelled in label_counts(record):
        yield from _at(record, labelled)
    if label_counts(record):
        yield (
            "A difference counts only where all seeds agree on its direction. With three seeds this happens by chance "
            "one time in four, so small differences say little. The GAN was trained once; how much another GAN would "
            "differ is not known."
        )
        yield (
            "The standard network has seen the labels of all training digits, so it is an upper bound. The shipped "
            "discriminator saw these labels, too, and learned for more epochs than the "
            f"{record['settings']['gan_epochs']} of the discriminator without labels. Which of the two makes the "
            "difference was not measured."
        )


def _at(record: Record, labelled: int) -> Iterator[str]:
    base = find_row(record, arm=RANDOM, frozen=False, labelled=labelled)
    if base is None:
        return
    parts = [part for start in STARTS[1:] if (part := _part(record, start, labelled))]
    yield (
        f"With {labelled:,} labelled digits, a network with random first weights reads {base['mean']:.1f} %. In "
        f"points, pretrained first weights add: {'; '.join(parts)}."
    )


def _part(record: Record, start: str, labelled: int) -> str:
    learning, frozen = (gains(record, start, frozen=frozen, labelled=labelled) for frozen in (False, True))
    words = [_points(learning)] if learning else []
    words += [f"frozen {_points(frozen)}"] if frozen else []
    return f"{record['titles'][start]} {', '.join(words)}" if words else ""


def _points(found: list[float]) -> str:
    agreed = len(found) > 1 and (all(one > 0 for one in found) or all(one < 0 for one in found))
    return format_signed(mean(found)) + ("" if agreed else " (no clear difference)")
