"""Turn up what a digit lacks of another class: is that class read then? With random maps and another class as controls.

The features are those that the page "Missing features" names; the missing-feature network reads them, and so does the
standard network over the same features.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean

import torch
from torch import Tensor

from core.digits.datasets import Dataset
from core.inversion.absent_features import Evidence, measure_evidence, rank_lacking_maps
from core.inversion.amplified_features import amplify_lacking, move_to_random_maps
from core.inversion.map_atlas import MapAtlas, build_atlas
from core.networks.classifier import Classifier
from core.pmnist.masks import SIDE
from core.studies.finished_parts import PartStep, run_parts
from core.studies.paired_differences import Difference, paired_difference
from core.studies.recorded import Record, find_rows, to_command, to_record
from core.studies.seed_networks import EPOCHS, MISSING, SHIPPED, STANDARD, describe_parts, list_parts, load_or_train
from core.studies.workers import SINGLE_PROCESS, WorkerPool
from core.system import interrupts

STUDY = "amplified-features"
SEEDS = 5
DIGITS, SURVEYED = 1_000, 6_000  # test digits; training digits that say what is usual in a class, as on the page
COUNTS = (1, 3, 10, 50)  # maps that are turned up; the published network has 50
STRENGTHS = (0.5, 1.0, 1.5, 2.0)  # of a feature's mean in the class
LACKING, RANDOM, OTHER = "lacking", "random maps", "another class"
KINDS = (LACKING, RANDOM, OTHER)
CONCLUDED = ((3, 1.0), (50, 1.0), (50, 2.0))  # numbers of maps and strengths; the page names three maps


@dataclass(frozen=True)
class AmplifiedRow:
    """How often the answer becomes the intended class after so many maps were turned up."""

    part: str
    network: str
    kind: str
    """What was turned up: what the digit lacks of the intended class, the same in random maps, or of another class."""
    count: int
    strength: float
    intended: float
    """Percent of the digits that are now read as the intended class; none was before."""
    changed: float
    """Percent that are read as any other class than before."""


def run_amplified(
    dataset: Dataset, seeds: int, out: Path, *, pool: WorkerPool = SINGLE_PROCESS
) -> Iterator[PartStep[str, AmplifiedRow]]:
    """Yield the rows of the shipped networks and of each seed once they are saved; finished ones are kept."""
    same = {"digits": DIGITS, "counts": COUNTS, "strengths": STRENGTHS, "surveyed": SURVEYED, **describe_parts(dataset)}
    yield from run_parts(_measure, list_parts(seeds), AmplifiedRow, same, dataset=dataset, out=out, pool=pool)


def _measure(dataset: Dataset, part: str) -> list[AmplifiedRow]:
    standard, missing = load_or_train(dataset, part)
    return measure_amplified(part, standard, missing, dataset)


def measure_amplified(
    part: str, standard: Classifier, missing: Classifier, dataset: Dataset, *, digits: int = DIGITS
) -> list[AmplifiedRow]:
    """Return the rows of a missing-feature network and the standard one over the same features.

    The intended class of a digit is a random one that neither network reads in it.
    """
    atlas = build_atlas(missing, dataset.train.first(SURVEYED), classes=len(dataset.classes))
    readers = {MISSING: missing, STANDARD: standard}
    found = [
        _amplify_one(readers, atlas, image, number) for number, image in enumerate(dataset.test.first(digits).images())
    ]
    return [
        AmplifiedRow(
            part, name, *variant, *(round(100 * mean(one[name][variant][at] for one in found), 2) for at in (0, 1))
        )
        for name in readers
        for variant in found[0][name]
    ]


Variant = tuple[str, int, float]
"""Kind, number of maps and strength."""


def _amplify_one(
    readers: Mapping[str, Classifier], atlas: MapAtlas, image: Tensor, number: int
) -> dict[str, dict[Variant, tuple[bool, bool]]]:
    """Return for each reader and variant whether the intended class is read, and whether another class than before."""
    interrupts.check()
    evidence = measure_evidence(readers[MISSING], image, torch.ones(SIDE, SIDE, dtype=torch.bool, device=image.device))
    before = {
        name: int(one.predict_from_features(evidence.maps.flatten()[None]).argmax()) for name, one in readers.items()
    }
    intended, other = _draw_classes(len(atlas.means), set(before.values()), number)
    variants = dict(_list_variants(evidence, atlas, intended, other, number))
    changed = (evidence.maps + torch.stack(list(variants.values()))).flatten(1)
    found = {}
    for name, reader in readers.items():
        labels = reader.predict_from_features(changed).argmax(1).tolist()
        pairs = [(label == intended, label != before[name]) for label in labels]
        found[name] = dict(zip(variants, pairs, strict=True))
    return found


def _draw_classes(classes: int, read: set[int], seed: int) -> tuple[int, int]:
    """Return the intended class and another one, neither of which is read."""
    order = torch.randperm(classes, generator=torch.Generator().manual_seed(seed)).tolist()
    first, second = [label for label in order if label not in read][:2]
    return first, second


def _list_variants(
    evidence: Evidence, atlas: MapAtlas, intended: int, other: int, seed: int
) -> Iterator[tuple[Variant, Tensor]]:
    """Yield every variant with what it adds to the maps."""
    ranked = {label: rank_lacking_maps(evidence, atlas, label) for label in (intended, other)}
    for count in COUNTS:
        for strength in STRENGTHS:
            own, foreign = (
                amplify_lacking(evidence, atlas, label, maps[:count], strength=strength)
                for label, maps in ranked.items()
            )
            for kind, added in zip(KINDS, (own, move_to_random_maps(own, seed=seed), foreign), strict=True):
                yield (kind, count, strength), added


def summarize(rows: Sequence[AmplifiedRow], dataset: Dataset, seeds: int) -> Record:
    """Return the record of the finished parts."""
    record = to_record(
        STUDY,
        dataset,
        [asdict(row) for row in rows],
        images=DIGITS,
        seeds=seeds,
        epochs=EPOCHS,
        command=to_command(STUDY, dataset.name, seeds=None if seeds == SEEDS else seeds),
    )
    return {**record, "conclusions": list(conclude(record))}


def list_shares(
    record: Record, network: str, kind: str, *, count: int, strength: float, share: str = "intended"
) -> list[float]:
    """Return the share of digits for each seed, in percent; the shipped networks are not among them."""
    found = find_rows(record, network=network, kind=kind, count=count, strength=strength)
    return [row[share] for row in found if row["part"] != SHIPPED]


def against_control(record: Record, network: str, control: str, *, count: int, strength: float) -> Difference:
    """Return by how many points more digits become the intended class than with a control, over the seeds."""
    own, beside = (list_shares(record, network, kind, count=count, strength=strength) for kind in (LACKING, control))
    return paired_difference(own, beside)


def conclude(record: Record) -> Iterator[str]:
    """Yield sentences on both networks: how often the answer follows, and how much more often than in the controls."""
    titles = {MISSING: "The missing-feature network", STANDARD: "The standard network over the same features"}
    for network, title in titles.items():
        for count, strength in CONCLUDED:
            if not list_shares(record, network, LACKING, count=count, strength=strength):
                return
            yield f"{title}: {describe_amplified(record, network, count=count, strength=strength)}"


def describe_amplified(record: Record, network: str, *, count: int, strength: float) -> str:
    """Return a sentence: how often the answer follows so many maps, and how much more often than in each control."""
    own, random, other = (
        f"{mean(list_shares(record, network, kind, count=count, strength=strength)):.1f} %" for kind in KINDS
    )
    gains = [against_control(record, network, kind, count=count, strength=strength) for kind in (RANDOM, OTHER)]
    verdict = "" if all(gain.verdict == "higher" for gain in gains) else " The controls are not clearly beaten."
    maps = "the map" if count == 1 else "all maps that lower its score" if count == max(COUNTS) else f"the {count} maps"
    return (
        f"with what the digit lacks of another class in {maps} turned up to {100 * strength:.0f} % of that class's "
        f"mean, {own} of the digits are read as that class. Random maps: {random} (difference {gains[0]} points). Maps "
        f"of a third class: {other} ({gains[1]}).{verdict}"
    )
