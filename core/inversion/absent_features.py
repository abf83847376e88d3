"""Features that are absent from a digit, and how much their absence changes each class's score: the talk's Figure 1."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from core.inversion.map_atlas import MapAtlas, last_maps
from core.networks.classifier import Classifier
from core.pmnist.masks import erase
from core.system.number_format import format_signed

ABSENT_BELOW = 0.5  # a feature is absent below half of its mean over the classes
MAX_NAMED = 4  # classes in one sentence
PLACES = (("upper left", "top", "upper right"), ("left", "centre", "right"), ("lower left", "bottom", "lower right"))


@dataclass(frozen=True, eq=False)
class Evidence:
    """The logits of one digit, split into the contribution of each feature that the head reads."""

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
    def confidence(self) -> float:
        """The probability of the answer."""
        return float(self.logits.softmax(0).max())

    @property
    def margins(self) -> Tensor:
        """Each feature's contribution to a class less that to the answer; shaped as `contributions`."""
        return self.contributions - self.contributions[self.answer]


@dataclass(frozen=True, eq=False)
class MissingFeature:
    """One map that does not respond at places where it usually does in some classes."""

    map: int
    votes: Tensor
    """What its absence adds to each class's logit, relative to the answer's, `(classes,)`."""
    usual_in: tuple[int, ...]
    """The classes in which it is stronger at these places than in the mean class."""
    places: Tensor
    """How much of the votes comes from each place, `(rows, columns)`: the votes against the classes that usually have
    it; if the answer is one of these, the votes for the others."""
    where: str


@dataclass(frozen=True, eq=False)
class LogitGap:
    """Why each class scores below the answer, `(classes,)` each; the three sum to the difference of the logits."""

    missing: Tensor
    there: Tensor
    rest: Tensor


def measure_evidence(network: Classifier, image: Tensor, mask: Tensor) -> Evidence:
    """Split the logits of an image `(1, 28, 28)` under a mask `(28, 28)` into contributions.

    A contribution is a feature times its gradient. A head of linear layers and ReLUs is piecewise linear, so this is
    exact: the contributions and the biases of the active units sum to the logits.
    """
    erased = erase(image[None], mask)
    with torch.no_grad():
        maps = last_maps(network, erased)[0]
        read = network.inversion(maps.flatten()[None])
        logits = network.head(read)[0]
    products = _slopes(network, read) * read
    return Evidence(logits, products.reshape(-1, *maps.shape), logits - products.sum(1), maps)


def _slopes(network: Classifier, read: Tensor) -> Tensor:
    """Return the gradient of each logit, `(classes, features)`, from one copy of the digit per logit."""
    copies = read.expand(network.head(read).shape[1], -1).clone().requires_grad_()
    return torch.autograd.grad(network.head(copies).diagonal().sum(), copies)[0]


def find_absent(evidence: Evidence, atlas: MapAtlas) -> Tensor:
    """Return which features are absent from this digit: bool `(maps, rows, columns)`."""
    return is_absent(evidence.maps, atlas)


def is_absent(maps: Tensor, atlas: MapAtlas) -> Tensor:
    """Return which features of one digit `(maps, rows, columns)`, or of many, are absent: bool of the same shape."""
    return maps < ABSENT_BELOW * atlas.means.mean(0)


def split_gap(evidence: Evidence, atlas: MapAtlas) -> LogitGap:
    """Return how far each class is below the answer because of absent features, and of present ones."""
    absent, margins = find_absent(evidence, atlas), evidence.margins
    missing, there = ((margins * chosen).sum((1, 2, 3)) for chosen in (absent, ~absent))
    return LogitGap(missing, there, evidence.rest - evidence.rest[evidence.answer])


def missing_evidence(evidence: Evidence, atlas: MapAtlas) -> Tensor:
    """Return the margins of features that a class usually has, the answer does not, and are absent here; else 0."""
    lacking = atlas.above_average & ~atlas.above_average[evidence.answer] & find_absent(evidence, atlas)
    return evidence.margins * lacking


def find_missing_features(
    evidence: Evidence, atlas: MapAtlas, *, rival: int | None = None, count: int = 3
) -> list[MissingFeature]:
    """Return up to `count` maps whose absence costs `rival` most, or all classes that usually have them.

    If `rival` is the answer itself: the absent maps that the answer usually has.
    """
    places = find_lacking(evidence, atlas, rival)
    usual = _usual_classes(atlas, places)
    numbers = rank_lacking_maps(evidence, atlas, rival)[:count]
    return [_feature(evidence, number, places[number], usual[:, number]) for number in numbers]


def find_lacking(evidence: Evidence, atlas: MapAtlas, rival: int | None) -> Tensor:
    """Return the absent features that `rival` usually has and the answer has not: bool `(maps, rows, columns)`.

    None: whatever class has them. If `rival` is the answer itself: the absent features that it usually has.
    """
    lacking = find_absent(evidence, atlas)
    if rival != evidence.answer:
        lacking = lacking & ~atlas.above_average[evidence.answer]
    return lacking if rival is None else lacking & atlas.above_average[rival]


def rank_lacking_maps(evidence: Evidence, atlas: MapAtlas, rival: int | None) -> list[int]:
    """Return the maps whose lacking features lower the score of `rival` (None: of all that have them), most first."""
    places = find_lacking(evidence, atlas, rival)
    votes = (evidence.margins * places).sum((2, 3))
    if rival is None:
        against = (votes * _usual_classes(atlas, places)).sum(0)
    else:
        against = -votes.mean(0) if rival == evidence.answer else votes[rival]
    return [number for number in against.argsort().tolist() if against[number] < 0]


def _usual_classes(atlas: MapAtlas, places: Tensor) -> Tensor:
    """Return in which classes each map is stronger at these places than in the mean class, bool `(classes, maps)`."""
    strength = (atlas.means * places).sum((2, 3))
    return strength > strength.mean(0)


def _feature(evidence: Evidence, number: int, places: Tensor, usual: Tensor) -> MissingFeature:
    margins = evidence.margins[:, number] * places
    at = margins[usual if not usual[evidence.answer] else ~usual].sum(0)
    usual_in = tuple(usual.nonzero().flatten().tolist())
    return MissingFeature(number, margins.sum((1, 2)), usual_in, at, describe_place(at))


def describe_place(places: Tensor) -> str:
    """Return the words for where on the digit most weight of `places` `(rows, columns)` lies."""
    weight = places.abs()
    total = float(weight.sum()) or 1.0
    rows, columns = (torch.linspace(0, 1, size, device=weight.device) for size in weight.shape)
    row, column = float((weight.sum(1) @ rows) / total), float((weight.sum(0) @ columns) / total)
    return PLACES[_third(row)][_third(column)]


def _third(share: float) -> int:
    return 0 if share < 0.3 else 2 if share > 0.7 else 1  # of four places in a row, the middle two are the centre


def describe_digit(evidence: Evidence, atlas: MapAtlas, classes: Sequence[str], *, reader: str = "The network") -> str:
    """Return the talk's sentence for this digit: which other classes it lacks parts of, with figures.

    `reader`: what the network is called at the start of a sentence.
    """
    votes = missing_evidence(evidence, atlas).sum((1, 2, 3))
    against = [label for label in votes.argsort().tolist() if votes[label] < 0][:MAX_NAMED]
    answer = f"{reader} reads {_article(classes[evidence.answer])}."
    if not against:
        return f"{answer} No missing part lowers the score of another class."
    names = _list([classes[label] for label in against], "or")
    figures = _list([format_signed(float(votes[label])) for label in against], "and")
    missing = f"Parts that {_article(names)} would have are missing here"
    return f"{answer} {missing}, which lowers their scores most ({figures})."


def describe_need(
    found: Sequence[MissingFeature],
    rival: int | None,
    evidence: Evidence,
    atlas: MapAtlas,
    classes: Sequence[str],
    *,
    reader: str = "The network",
) -> str:
    """Return where the features are that a class would need and this digit lacks, and how much their absence costs."""
    if rival is None:
        return "These absent features lower the scores of other classes most."
    name = _article(classes[rival])
    if not found:
        return f"No absent feature lowers the score of {name}."
    where = _list(list(dict.fromkeys(feature.where for feature in found)), "and")
    if rival == evidence.answer:
        return f"{reader} reads {name}, although the digit lacks these usual features of {name} ({where})."
    these = sum(float(feature.votes[rival]) for feature in found)
    every = float(missing_evidence(evidence, atlas)[rival].sum())
    maps = "This map causes" if len(found) == 1 else f"These {len(found)} maps cause"
    cost = f"All missing features lower the score of {name} by {-every:.1f}. {maps} {-these:.1f} of that."
    if every >= 0 or these < every:  # other missing features raise it
        maps = "this map lowers" if len(found) == 1 else f"these {len(found)} maps lower"
        cost = (
            f"All missing features together change the score of {name} by {format_signed(every)}; {maps} it by "
            f"{-these:.1f}."
        )
    return f"To be {name}, the digit would need these features ({where}). {cost}"


def describe_feature(feature: MissingFeature, answer: int, classes: Sequence[str]) -> str:
    """Return a sentence on one missing feature, with figures."""
    usual = " ".join(classes[label] for label in feature.usual_in)
    if answer in feature.usual_in:
        order = feature.votes.argsort(descending=True).tolist()
        labels = [label for label in order if feature.votes[label] > 0][:MAX_NAMED]
    else:
        labels = [label for label in feature.usual_in if feature.votes[label] < 0]
    figures = _list([f"{classes[label]} by {format_signed(float(feature.votes[label]))}" for label in labels], "and")
    return f"Usually present in {usual} ({feature.where}), absent here. This changes the score of {figures}."


def describe_gap(evidence: Evidence, found: LogitGap, classes: Sequence[str]) -> str:
    """Return how far the second best class is behind, and how much of that absent and present features explain."""
    second = int(evidence.logits.argsort()[-2])
    behind = format_signed(float(evidence.logits[second] - evidence.logits[evidence.answer]))
    parts = {"absent features": found.missing, "present features": found.there, "the biases": found.rest}
    figures = _list([f"{format_signed(float(part[second]))} from {name}" for name, part in parts.items()], "and")
    return f"The second best class, {classes[second]}, scores {behind} relative to the answer: {figures}."


def _article(names: str) -> str:
    return f"an {names}" if names[0] in "8AEIOUaeiou" else f"a {names}"


def _list(words: Sequence[str], last: str) -> str:
    return f" {last} ".join(filter(None, [", ".join(words[:-1]), words[-1]])) if words else "nothing"
