"""What of a digit is *not* there, and how much that says: the talk's Figure 1 measured on real maps (M13)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from core.inversion.map_atlas import MapAtlas, last_maps
from core.networks.classifier import Classifier
from core.pmnist.masks import erase

SILENT = 0.5  # a feature is absent where it has less than half of what it has on average over the classes
NAMED = 4  # classes that a sentence names at most
PLACES = (("upper left", "top", "upper right"), ("left", "centre", "right"), ("lower left", "bottom", "lower right"))


@dataclass(frozen=True, eq=False)
class Evidence:
    """The logits of one digit, taken apart into what each feature that the head reads adds to them."""

    logits: Tensor
    """`(classes,)`"""
    contributions: Tensor
    """`(classes, maps, rows, columns)`; with `rest` they sum to the logits."""
    rest: Tensor
    """What the head's biases add, `(classes,)`."""
    maps: Tensor
    """The features themselves, before they are inverted, `(maps, rows, columns)`."""

    @property
    def answer(self) -> int:
        return int(self.logits.argmax())

    @property
    def sure(self) -> float:
        """The probability of the answer."""
        return float(self.logits.softmax(0).max())

    @property
    def margins(self) -> Tensor:
        """What each feature adds to a class's logit more than to the answer's; as `contributions`."""
        return self.contributions - self.contributions[self.answer]


@dataclass(frozen=True, eq=False)
class MissingFeature:
    """One map that is silent at places where some classes usually excite it."""

    map: int
    votes: Tensor
    """What its silence adds to each class's logit more than to the answer's, `(classes,)`."""
    usual_in: tuple[int, ...]
    """The classes in which it is stronger at these places than in the average class."""
    places: Tensor
    """How much of the votes comes from each place, `(rows, columns)`: of those against the classes that usually have
    it, or, where the answer is one of them, of those for the others."""
    where: str


@dataclass(frozen=True, eq=False)
class LogitGap:
    """Why each class is behind the answer, `(classes,)` each; the three sum to the distance between the logits."""

    missing: Tensor
    there: Tensor
    rest: Tensor


def measure_evidence(network: Classifier, image: Tensor, mask: Tensor) -> Evidence:
    """Take apart what the network makes of an image `(1, 28, 28)` under a mask `(28, 28)`.

    Every feature that the head reads is multiplied by its slope. A head of linear layers and ReLUs is linear between
    its kinks, so nothing is approximated: the products and what the open units' biases add sum to the logits.
    """
    erased = erase(image[None], mask)
    with torch.no_grad():
        maps = last_maps(network, erased)[0]
        read = network.inversion(maps.flatten()[None])
        logits = network.head(read)[0]
    products = _slopes(network, read) * read
    return Evidence(logits, products.reshape(-1, *maps.shape), logits - products.sum(1), maps)


def _slopes(network: Classifier, read: Tensor) -> Tensor:
    """Return how fast each logit grows with each feature, `(classes, features)`: one copy of the digit per logit."""
    copies = read.expand(network.head(read).shape[1], -1).clone().requires_grad_()
    return torch.autograd.grad(network.head(copies).diagonal().sum(), copies)[0]


def find_absent(evidence: Evidence, atlas: MapAtlas) -> Tensor:
    """Return which features `(maps, rows, columns)` are silent in this digit, as bool."""
    return evidence.maps < SILENT * atlas.means.mean(0)


def split_gap(evidence: Evidence, atlas: MapAtlas) -> LogitGap:
    """Return how far each class is behind the answer because of what is missing, and because of what is there."""
    gone, margins = find_absent(evidence, atlas), evidence.margins
    missing, there = ((margins * chosen).sum((1, 2, 3)) for chosen in (gone, ~gone))
    return LogitGap(missing, there, evidence.rest - evidence.rest[evidence.answer])


def missing_evidence(evidence: Evidence, atlas: MapAtlas) -> Tensor:
    """Return the margins of what each class usually has, the answer has not, and is absent here; 0 elsewhere."""
    lacking = atlas.above_average & ~atlas.above_average[evidence.answer] & find_absent(evidence, atlas)
    return evidence.margins * lacking


def find_missing_features(
    evidence: Evidence, atlas: MapAtlas, *, rival: int | None = None, count: int = 3
) -> list[MissingFeature]:
    """Return the maps whose absence says most against one class, or against all that usually have them.

    When the one is the answer itself, what says most against it: what it usually has, and this digit has not. Fewer
    than `count` when fewer say anything.
    """
    places, own = find_absent(evidence, atlas), rival == evidence.answer
    if not own:
        places = places & ~atlas.above_average[evidence.answer]
    if rival is not None:
        places = places & atlas.above_average[rival]
    votes = (evidence.margins * places).sum((2, 3))
    strength = (atlas.means * places).sum((2, 3))
    usual = strength > strength.mean(0)
    against = (votes * usual).sum(0) if rival is None else -votes.mean(0) if own else votes[rival]
    numbers = [number for number in against.argsort().tolist() if against[number] < 0][:count]
    return [_feature(evidence, number, places[number], usual[:, number]) for number in numbers]


def _feature(evidence: Evidence, number: int, places: Tensor, usual: Tensor) -> MissingFeature:
    margins = evidence.margins[:, number] * places
    at = margins[usual if not usual[evidence.answer] else ~usual].sum(0)
    usual_in = tuple(usual.nonzero().flatten().tolist())
    return MissingFeature(number, margins.sum((1, 2)), usual_in, at, describe_place(at))


def describe_place(places: Tensor) -> str:
    """Return in words where on the digit the weight of `places` `(rows, columns)` lies."""
    weight = places.abs()
    total = float(weight.sum()) or 1.0
    rows, columns = (torch.linspace(0, 1, size) for size in weight.shape)
    row, column = float((weight.sum(1) @ rows) / total), float((weight.sum(0) @ columns) / total)
    return PLACES[_third(row)][_third(column)]


def _third(share: float) -> int:
    return 0 if share < 0.3 else 2 if share > 0.7 else 1  # of four places in a row, the middle two are the centre


def describe_digit(evidence: Evidence, atlas: MapAtlas, classes: Sequence[str]) -> str:
    """Return the talk's sentence for this digit, from figures: what it is not, and because of what is not there."""
    votes = missing_evidence(evidence, atlas).sum((1, 2, 3))
    against = [label for label in votes.argsort().tolist() if votes[label] < 0][:NAMED]
    answer = _article(classes[evidence.answer]).capitalize()
    if not against:
        return f"{answer}: nothing that is missing speaks against any other class."
    names = _list([classes[label] for label in against], "or")
    figures = _list([_signed(votes[label]) for label in against], "and")
    why = "what they usually have and this digit has not speaks against them by"
    return f"{answer}. Not {_article(names)}: {why} {figures}."


def describe_feature(feature: MissingFeature, answer: int, classes: Sequence[str]) -> str:
    """Return what is known of one missing feature, from figures."""
    usual = " ".join(classes[label] for label in feature.usual_in)
    if answer in feature.usual_in:
        order = feature.votes.argsort(descending=True).tolist()
        labels, verb = [label for label in order if feature.votes[label] > 0][:NAMED], "for"
    else:
        labels, verb = [label for label in feature.usual_in if feature.votes[label] < 0], "against"
    figures = _list([f"{classes[label]} by {_signed(feature.votes[label])}" for label in labels], "and")
    return f"Usually present in {usual} ({feature.where}), absent here: speaks {verb} {figures}."


def describe_gap(evidence: Evidence, found: LogitGap, classes: Sequence[str]) -> str:
    """Return how much of the distance to the second best answer what is missing accounts for, and what is there."""
    second = int(evidence.logits.argsort()[-2])
    behind = _signed(evidence.logits[second] - evidence.logits[evidence.answer])
    parts = {"what is missing": found.missing, "what is there": found.there, "the biases": found.rest}
    figures = _list([f"{_signed(part[second])} from {name}" for name, part in parts.items()], "and")
    return f"The runner-up, {classes[second]}, stands at {behind} against the answer: {figures}."


def _signed(value: Tensor) -> str:
    return f"{float(value):+.1f}".replace("-", "−")


def _article(names: str) -> str:
    return f"an {names}" if names[0] in "8AEIOUaeiou" else f"a {names}"


def _list(words: Sequence[str], last: str) -> str:
    return f" {last} ".join(filter(None, [", ".join(words[:-1]), words[-1]])) if words else "nothing"
