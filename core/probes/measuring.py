"""How well the probes of a network read whole and cut digits, and after which layer cut digits are lost."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from core.digits.datasets import Digits
from core.networks.classifier import Classifier
from core.networks.evaluation import COLUMNS, WHOLE, accuracy
from core.pmnist.masks import cut_masks, erase
from core.probes.learning import find_loss, read_along
from core.probes.places import ANSWER
from core.probes.probe import Probe

Probes = Mapping[str, Probe]
"""By place."""


@dataclass(frozen=True, kw_only=True)
class ColumnRow:
    """What a network and its probes read in one column of the PMNIST table."""

    column: str
    digits: int
    accuracy: dict[str, float]
    """Percent by place; the last place is the network's own answer."""
    relearned: dict[str, float] = field(default_factory=dict)
    """Percent by place, of probes that learned from digits with the same cut."""
    misread: int = 0
    """Digits that the network reads correctly whole, and wrong with this cut."""
    lost: dict[str, int] = field(default_factory=dict)
    """How many of these are lost at each place, see `learning.find_loss`."""


def measure_probes(
    network: Classifier, probes: Probes, digits: Digits, relearned: Mapping[str, Probes]
) -> Iterator[ColumnRow]:
    """Yield the row of each column of the PMNIST table; `relearned` holds other probes by cut."""
    whole = read_along(network, probes, digits.images())
    yield ColumnRow(column=WHOLE, digits=len(digits), accuracy=_accuracies(whole, digits))
    right = whole[ANSWER].argmax(1) == digits.labels
    for column in COLUMNS[1:]:
        cut = erase(digits.images(), cut_masks(column, len(digits)))
        read = read_along(network, probes, cut)
        again = read_along(network, relearned[column], cut) if column in relearned else {}
        places = find_loss(read, digits.labels)[right]
        counts = torch.bincount(places, minlength=len(read) + 1).tolist()
        yield ColumnRow(
            column=column,
            digits=len(digits),
            accuracy=_accuracies(read, digits),
            relearned={place: share for place, share in _accuracies(again, digits).items() if place != ANSWER},
            misread=sum(counts[:-1]),
            lost=dict(zip(read, counts, strict=False)),
        )


def _accuracies(read: Mapping[str, Tensor], digits: Digits) -> dict[str, float]:
    return {place: round(accuracy(digits.labels, one.argmax(1)), 2) for place, one in read.items()}
