"""Attribution methods judged on test digits by networks of several seeds: where to erase, and random weights."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from statistics import mean

from torch import Tensor

from core.attribution.judging import BRIGHTNESS, RANDOM, judge_orders, randomize_layers
from core.attribution.methods import METHODS
from core.digits.datasets import Dataset, Digits
from core.networks.classifier import Classifier
from core.networks.evaluation import evaluate, predict
from core.studies.finished_parts import PartStep, run_parts
from core.studies.paired_differences import Difference, paired_difference
from core.studies.recorded import Record, to_command, to_record
from core.studies.seed_networks import train_standard
from core.studies.workers import SINGLE_PROCESS, WorkerPool
from core.system.number_format import with_minus
from core.system.wording import join_words
from core.zoo.recipes import CONFIG, SEED

STUDY = "explanations"
DRAWS = 3  # random orders of each digit
REPEATED = 3  # digits whose own areas are kept, so that a test can repeat them
KEPT = 0.3  # of a rank correlation: maps that have nothing in common stay below
CONTROLS = {BRIGHTNESS: "the brightest ink first", RANDOM: "random ink"}


@dataclass(frozen=True, kw_only=True)
class ExplanationStudy:
    """The settings of the study. Raises ValueError, one sentence, for impossible ones."""

    seeds: int = 5
    """Networks; each has its own first weights and order of digits."""
    epochs: int = 2
    """Of each network's training, else as the standard network's."""
    digits: int = 500
    """Test digits, evenly spread over the test set."""
    randomized: int = 100
    """Test digits explained with random weights too, which takes a few times as long."""

    def __post_init__(self) -> None:
        if min(self.seeds, self.epochs, self.digits, self.randomized) < 1:
            raise ValueError("Methods are judged with at least one seed, one epoch and one digit.")


@dataclass(frozen=True)
class ExplanationRow:
    """One order of erasing, by one network."""

    seed: int
    accuracy: float
    """Of the network, percent of all test digits."""
    order: str
    """A name of METHODS or CONTROLS."""
    deletion: float
    """Mean probability of the class that is read, percent, while the ink is erased in this order."""
    insertion: float
    """The same while the ink is shown in this order."""
    first: tuple[float, ...]
    """`deletion` of the first digits alone."""
    signed: tuple[float, ...] = ()
    """Rank correlation with the trained network's map after one more layer each has random weights, the last first."""
    absolute: tuple[float, ...] = ()
    """The same of the absolute values."""


def run_explanations(
    dataset: Dataset, config: ExplanationStudy, out: Path, *, pool: WorkerPool = SINGLE_PROCESS
) -> Iterator[PartStep[str, ExplanationRow]]:
    """Yield the rows of each network once they are saved, in a file beside `out`; finished ones are kept."""
    tasks = [str(SEED + seed) for seed in range(config.seeds)]
    same = {**asdict(config), "seeds": None, "training": asdict(CONFIG), "sha256": dataset.sha256}
    yield from run_parts(partial(_judge, config), tasks, ExplanationRow, same, dataset=dataset, out=out, pool=pool)


def _judge(config: ExplanationStudy, dataset: Dataset, task: str) -> list[ExplanationRow]:
    network = train_standard(dataset, int(task), epochs=config.epochs)
    return judge_network(network, dataset, config, seed=int(task))


def judge_network(
    network: Classifier, dataset: Dataset, config: ExplanationStudy, *, seed: int
) -> list[ExplanationRow]:
    """Return the rows of one network: every method that it allows, then the controls."""
    deletions, insertions = defaultdict[str, list[float]](list), defaultdict[str, list[float]](list)
    for image in _spread(dataset.test, config.digits).images():
        for found in judge_orders(network, image, _read(network, image), draws=DRAWS):
            deletions[found.order].append(100 * found.deletion_area)
            insertions[found.order].append(100 * found.insertion_area)
    signed, absolute = _randomize(network, _spread(dataset.test, config.randomized))
    read = round(evaluate(network, dataset.test), 2)
    return [
        ExplanationRow(
            seed,
            read,
            order,
            round(mean(values), 2),
            round(mean(insertions[order]), 2),
            tuple(round(value, 2) for value in values[:REPEATED]),
            signed.get(order, ()),
            absolute.get(order, ()),
        )
        for order, values in deletions.items()
    ]


def _randomize(network: Classifier, digits: Digits) -> tuple[dict[str, tuple[float, ...]], ...]:
    """Return the mean rank correlations of each method by number of random layers: signed, and of absolute values."""
    runs = [[*randomize_layers(network, image, _read(network, image))][1:] for image in digits.images()]
    by_layer = list(zip(*runs, strict=True))
    return tuple(
        {
            method: tuple(round(mean(getattr(step, kind)[method] for step in steps), 3) for steps in by_layer)
            for method in runs[0][0].maps
        }
        for kind in ("signed", "absolute")
    )


def _read(network: Classifier, image: Tensor) -> int:
    return int(predict(network, image[None]).argmax())


def _spread(digits: Digits, count: int) -> Digits:
    """Return `count` digits, or all if there are fewer, evenly spread: MNIST's first ones are easier."""
    return digits.every(max(1, len(digits) // count)).first(count)


def summarize(rows: Sequence[ExplanationRow], dataset: Dataset, config: ExplanationStudy) -> Record:
    """Return the record of the finished networks, with its conclusions."""
    seeds, default = len({row.seed for row in rows}), ExplanationStudy()
    given = {name: value for name in ("epochs", "digits") if (value := getattr(config, name)) != getattr(default, name)}
    record = to_record(
        STUDY,
        dataset,
        [asdict(row) for row in sorted(rows, key=lambda row: row.seed)],
        images=min(config.digits, len(dataset.test)),
        seeds=seeds,
        command=to_command(STUDY, dataset.name, seeds=config.seeds, **given),
        settings=asdict(config),
        training=asdict(CONFIG) | {"epochs": config.epochs},
    )
    return {**record, "conclusions": list(conclude(record))}


def find_values(record: Record, order: str, name: str) -> list[float]:
    """Return a figure of an order for each seed; of several figures, such as those by layer, the last."""
    found = [row[name] for row in record["rows"] if row["order"] == order]
    return [value[-1] if isinstance(value, (list, tuple)) else value for value in found]


@dataclass(frozen=True)
class Verdict:
    """What the study found about one method."""

    title: str
    deletion: float
    """Percent, the mean over the networks."""
    insertion: float
    to_random: Difference
    """Of `deletion` to random ink, in points."""
    to_brightest: Difference
    """Of `deletion` to the brightest ink first, in points."""
    kept: Difference
    """Rank correlation with the trained network's map when all layers have random weights, -1 to 1."""
    kept_size: float
    """The same of the absolute values, as the paper has it: the mean over the networks."""

    @property
    def tells_where(self) -> bool:
        """Whether erasing by it lowers the probability clearly faster than both controls."""
        return self.to_random.verdict == self.to_brightest.verdict == "lower"

    @property
    def ignores_weights(self) -> bool:
        """Whether much of its order of the ink stays with random weights."""
        return self.kept.low is not None and self.kept.low > KEPT


def find_verdicts(record: Record) -> list[Verdict]:
    """Return the verdict on each method that was measured."""
    verdicts = []
    for method in dict.fromkeys(row["order"] for row in record["rows"] if row["order"] not in CONTROLS):
        deletion, kept = (find_values(record, method, name) for name in ("deletion", "signed"))
        to_random, to_brightest = (
            paired_difference(deletion, find_values(record, control, "deletion")) for control in (RANDOM, BRIGHTNESS)
        )
        verdicts.append(
            Verdict(
                METHODS[method].title,
                mean(deletion),
                mean(find_values(record, method, "insertion")),
                to_random,
                to_brightest,
                paired_difference(kept, [0.0] * len(kept)),
                mean(find_values(record, method, "absolute")),
            )
        )
    return verdicts


def tabulate(record: Record) -> Iterator[tuple[str, ...]]:
    """Yield a table for people, its header first: a row for each method, and one for each control."""
    yield ("", "erasing, %", "against random ink", "against the brightest", "showing, %", "random weights")
    for one in find_verdicts(record):
        figures = (f"{one.deletion:.1f}", str(one.to_random), str(one.to_brightest), f"{one.insertion:.1f}")
        yield (one.title, *figures, describe_kept(one))
    for control, title in CONTROLS.items():
        erasing, showing = (f"{mean(find_values(record, control, name)):.1f}" for name in ("deletion", "insertion"))
        yield (title, erasing, "", "", showing, "")


def conclude(record: Record) -> Iterator[str]:
    """Yield the conclusions: in short, then one for each method, and what the intervals are about."""
    verdicts = find_verdicts(record)
    if not verdicts:
        return
    yield from (describe_verdicts(record), describe_ignoring(record))
    for one in sorted(verdicts, key=lambda one: one.deletion):
        yield (
            f"{one.title}: while the ink is erased in its order, the answer keeps {one.deletion:.1f} % on average; in "
            f"points, {one.to_random} against random ink and {one.to_brightest} against the brightest ink first. With "
            f"random weights in all layers, its order keeps a rank correlation of {describe_kept(one)}."
        )
    yield (
        f"{record['seeds']} networks (seeds) that learned for {record['settings']['epochs']} epochs. The intervals "
        "(Student, 95 %) are about the networks, not the digits."
    )


def describe_verdicts(record: Record) -> str:
    """Return in short which methods tell where to erase, and which do not."""
    found = find_verdicts(record)
    where, others = ([one.title for one in found if one.tells_where == tells] for tells in (True, False))
    over = f"Over {record['dataset']['images']} test digits and {record['seeds']} networks,"
    if not where:
        return f"{over} no method tells where to erase better than random ink and the brightest ink do."
    tell = f"{join_words(where)} {'tell' if len(where) > 1 else 'tells'} where to erase"
    rest = f"; {join_words(others)} {'do' if len(others) > 1 else 'does'} not" if others else ""
    return f"{over} {tell}: the answer falls faster than when random or the brightest ink goes first{rest}."


def describe_ignoring(record: Record) -> str:
    """Return in short which methods' maps stay much the same with random weights, by both measures."""
    found = find_verdicts(record)
    over = f"Over {record['settings']['randomized']} test digits and {record['seeds']} networks,"
    if any(one.kept.low is None for one in found):
        return f"{over} nothing can be said about random weights: that takes two networks."
    order = join_words([f"{one.title} ({describe_kept(one)})" for one in found if one.ignores_weights])
    size = join_words([f"{one.title} ({one.kept_size:.2f})" for one in found if one.kept_size > KEPT])
    return (
        f"{over} with random weights in all layers {order or 'no method'} keeps much of the order of its map (rank "
        f"correlation above {KEPT}); of the absolute values, as the paper compares them, {size or 'no method'} does."
    )


def describe_kept(verdict: Verdict) -> str:
    """Return the rank correlation that is left with random weights, with its interval."""
    kept = verdict.kept
    bounds = "" if kept.low is None or kept.high is None else f" ({kept.low:.2f} to {kept.high:.2f})"
    return with_minus(f"{kept.mean:.2f}{bounds}")
