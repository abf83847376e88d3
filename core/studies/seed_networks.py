"""Networks of several seeds, trained briefly: a finding about one network's maps may be an accident of its seed."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

from core.digits.datasets import Dataset
from core.inversion.functions import freeze, reset_head, with_inversion
from core.networks.architectures import ARCHITECTURES
from core.networks.classifier import Classifier, build
from core.training.loop import train
from core.zoo import checkpoints
from core.zoo.recipes import CONFIG, SEED

STANDARD, MISSING = "standard", "missing-feature"
EPOCHS = 1
SHIPPED = "shipped"
"""The part of a study with the networks that ship; the others are of the seeds after theirs, and not tuned."""


def list_parts(seeds: int) -> list[str]:
    """Return the names of a study's parts: the shipped networks, then each seed. Raises ValueError for no seeds."""
    if seeds < 1:
        raise ValueError("A study needs at least one seed: ask for --seeds 1 or more.")
    return [SHIPPED, *(str(SEED + number) for number in range(1, seeds + 1))]


def describe_parts(dataset: Dataset) -> dict[str, Any]:
    """Return what the results of a part depend on: finished parts are kept only while it is the same."""
    shipped = [checkpoints.load_card(name).weights_sha256 for name in (STANDARD, MISSING)]
    return {"shipped": shipped, "training": asdict(CONFIG), "epochs": EPOCHS, "sha256": dataset.sha256}


def load_or_train(dataset: Dataset, part: str) -> Iterator[Classifier]:
    """Yield the standard network of a part, then the missing-feature network over its features.

    Those of a seed learn `EPOCHS` epochs each with the settings of the shipped recipes. Raises CheckpointError.
    """
    if part == SHIPPED:
        yield from (checkpoints.load_classifier(name).to(dataset.device) for name in (STANDARD, MISSING))
        return
    seed = int(part)
    standard = train_standard(dataset, seed)
    yield standard
    missing = with_inversion(standard, "complement")
    reset_head(missing, seed=seed + 1)
    freeze(missing)
    missing.head.requires_grad_(True)
    yield _learn(missing, dataset, seed, EPOCHS)


def train_standard(dataset: Dataset, seed: int, *, epochs: int = EPOCHS) -> Classifier:
    """Return a network that learned as the standard one, from another seed and for so many epochs."""
    standard = build(replace(ARCHITECTURES["published"], classes=len(dataset.classes)), seed=seed)
    return _learn(standard.to(dataset.device), dataset, seed, epochs)


def _learn(network: Classifier, dataset: Dataset, seed: int, epochs: int) -> Classifier:
    config = replace(CONFIG, epochs=epochs, seed=seed, device=dataset.device.type)
    for _ in train(network, dataset.train, dataset.validation.first(100), config):  # validation decides nothing here
        pass
    return network.to(dataset.device).eval().requires_grad_(False)
