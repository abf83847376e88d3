"""Whether a network's classes are those of a data set: otherwise its accuracy there means nothing."""

from core.digits import datasets
from core.digits.datasets import Dataset
from core.zoo.checkpoints import Card, CheckpointError


def fits(card: Card, dataset: Dataset) -> bool:
    """Return whether a network knows the classes of a set: by its own set's name, else by their number."""
    known = datasets.classes_of(card.dataset.get("name"))
    return card.architecture["classes"] == len(dataset.classes) and known in (None, dataset.classes)


def check_fit(card: Card, dataset: Dataset) -> None:
    """Raise CheckpointError, one sentence, for a network whose classes are not those of the set."""
    if not fits(card, dataset):
        raise CheckpointError(
            f"{card.name!r} was trained on {card.dataset.get('name')}, which has other classes than {dataset.name}: "
            "choose another data set, or train a network on this one."
        )
