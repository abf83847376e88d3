"""Whether a network's classes are those of a data set: otherwise its accuracy there means nothing."""

from collections.abc import Mapping
from dataclasses import replace

from core.digits import datasets
from core.digits.datasets import Dataset
from core.system.checkpoint_files import CheckpointError
from core.zoo.checkpoints import Card


def fits(card: Card, dataset: Dataset) -> bool:
    """Return whether a network knows the classes of a set: by the names of its own, else by their number."""
    return card.architecture["classes"] == len(dataset.classes) and _find_classes(card) in (None, dataset.classes)


def choose_readers(cards: Mapping[str, Card], dataset: Dataset) -> tuple[dict[str, Card], Dataset]:
    """Return the networks that know the classes of a set, with the set.

    Where no network does, return all that share the first one's classes, with the set in the words of those.
    """
    fitting = {name: card for name, card in cards.items() if fits(card, dataset)}
    if fitting or not cards:
        return fitting, dataset
    words = classes_of(next(iter(cards.values())))
    return {name: card for name, card in cards.items() if classes_of(card) == words}, dataset.in_words_of(words)


def classes_of(card: Card) -> tuple[str, ...]:
    """Return the names of the classes that a network knows; numbers where its card does not tell."""
    return _find_classes(card) or tuple(map(str, range(card.architecture["classes"])))


def _find_classes(card: Card) -> tuple[str, ...] | None:
    """Return the classes by the card, which outlives its set, else by the set's name; None for an ONNX file's."""
    return tuple(card.dataset.get("classes", ())) or datasets.classes_of(card.dataset.get("name"))


def show_on(card: Card, dataset: str) -> Card:
    """Return the card as pages with this set show it: a network of another set says so; accuracies are the set's."""
    learned = str(card.dataset.get("name", dataset))
    title = card.title if learned == dataset else f"{card.title} ({datasets.title_of(learned)})"
    return replace(card, title=title, measured=[entry for entry in card.measured if entry.get("dataset") == dataset])


def check_fit(card: Card, dataset: Dataset) -> None:
    """Raise CheckpointError, one sentence, for a network whose classes are not those of the set."""
    if not fits(card, dataset):
        raise CheckpointError(
            f"{card.name!r} was trained on {card.dataset.get('name')}, which has other classes than {dataset.name}: "
            "choose another data set, or train a network on this one."
        )
