"""What the standard network reads, measured again, and whether the cards say all they should."""

from __future__ import annotations

from typing import get_args

from core.digits import datasets
from core.networks.evaluation import COLUMNS, evaluate
from core.pmnist.masks import Variant
from core.zoo import checkpoints
from core.zoo.checkpoints import Card
from tests.benchmarks import Measured, mnist


def standard_accuracy() -> Measured:
    accuracy = evaluate(mnist.network("standard"), mnist.dataset().test)
    card = checkpoints.load_card("standard")
    return Measured(accuracy, [accuracy], f"Its card says {card.accuracies()['whole']:g}, after {card.epochs} epochs.")


def cards_complete() -> Measured:
    cards, problems = checkpoints.list_cards()
    incomplete = [f"The card of {card.name} lacks columns." for card in cards if not _is_complete(card)]
    count = len(cards) - len(incomplete)
    return Measured(count, [count], " ".join(problems + incomplete))


def _is_complete(card: Card) -> bool:
    return all(set(COLUMNS) <= set(card.accuracies(variant)) for variant in get_args(Variant))


def offline_accuracy() -> Measured:
    """They were written on another grid, so the figure is their own and never MNIST's."""
    digits, standard = datasets.load(datasets.OFFLINE), mnist.network("standard")
    parts = {"training": digits.train, "validation": digits.validation, "test": digits.test}
    accuracies = {name: evaluate(standard, part) for name, part in parts.items()}
    count = sum(map(len, parts.values()))
    whole = sum(accuracies[name] * len(part) for name, part in parts.items()) / count
    note = f"On their test split alone ({len(digits.test)} digits) it reads {accuracies['test']:.2f}."
    return Measured(whole, [whole, accuracies["test"]], note)
