"""Train the probes of a network, place by place, and read digits with them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from core.digits.datasets import Digits
from core.networks.classifier import Classifier
from core.probes.places import ANSWER, find_places, read_places
from core.probes.probe import FittedProbe, Probe, choose_probe


@dataclass(frozen=True, eq=False)
class ProbeStep:
    """The probe of one place has been trained."""

    place: str
    fitted: FittedProbe
    done: int
    places: int


def train_probes(network: Classifier, digits: Digits, validation: Digits, classes: int) -> Iterator[ProbeStep]:
    """Yield the probe of each place, first to last; validation digits choose its penalty."""
    places = find_places(network)
    learned, held_out = (read_places(network, one.images(), places) for one in (digits, validation))
    for number, place in enumerate(places, 1):
        fitted = choose_probe(learned[place], digits.labels, held_out[place], validation.labels, classes)
        yield ProbeStep(place, fitted, number, len(places))


def to_probes(steps: Iterable[ProbeStep]) -> dict[str, Probe]:
    """Return the probes of a training by place."""
    return {step.place: step.fitted.probe for step in steps}


@torch.no_grad()
def read_along(network: Classifier, probes: Mapping[str, Probe], images: Tensor) -> dict[str, Tensor]:
    """Return probabilities `(N, classes)` by place: of each probe, and last, as ANSWER, of the network itself.

    Raises ValueError, a sentence, for probes of a network that is built otherwise.
    """
    places = find_places(network)
    if list(places) != list(probes):
        raise ValueError("These probes were trained for a network with other layers.")
    *_, (last, _) = network.stages()
    vectors = read_places(network, images, {**places, ANSWER: last})
    if any(len(probes[name].weights) != vectors[name].shape[1] for name in places):
        raise ValueError("These probes were trained for a network with layers of other sizes.")
    return {name: probes[name].read(vectors[name]) for name in places} | {ANSWER: vectors[ANSWER].softmax(1)}


def find_loss(read: Mapping[str, Tensor], labels: Tensor) -> Tensor:
    """Return at which place each digit's label is lost `(N,)`: the first of those that misread it up to the end.

    A digit that the last place reads as its label is not lost: it has the number of places. `read` holds the
    probabilities `(N, classes)` by place.
    """
    wrong = torch.stack([one.argmax(1) != labels for one in read.values()])
    return len(wrong) - wrong.flip(0).cumprod(0).sum(0)
