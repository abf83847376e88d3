"""What the card of a network says about the digits that it has learned from."""

from dataclasses import asdict, dataclass
from typing import Any

from core.digits.datasets import Dataset


@dataclass(frozen=True, kw_only=True)
class TrainingSet:
    """The digits of a training, as a card holds them."""

    name: str
    digits: int
    sha256: str = ""
    split: str = "train"
    classes: tuple[str, ...] = ()
    """Their names; (): those of the set `name`."""


def describe_training(dataset: Dataset, digits: int) -> dict[str, Any]:
    """Return what a card says about the training on the first `digits` of a set: it stays true when the set is gone."""
    return asdict(TrainingSet(name=dataset.name, digits=digits, sha256=dataset.sha256, classes=dataset.classes))
