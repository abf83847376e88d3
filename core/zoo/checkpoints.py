"""Save, load and list networks: the only place that turns a name into a network.

Where the files of one cannot be used, there is a sentence, and the others stay usable.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from torch import Tensor

from core.digits.datasets import Digits
from core.digits.training_set import TrainingSet
from core.inversion.functions import Invert, sum_heads, to_single_stage
from core.networks.architectures import Architecture
from core.networks.classifier import Classifier, build
from core.networks.evaluation import Network
from core.onnx.description import OnnxDescription
from core.onnx.operations import build_classifier
from core.onnx.scaling import ScalingChoice
from core.restoration.hole_finding import BlindRestorer
from core.restoration.restorer import Restorer
from core.system import checkpoint_files
from core.system.checkpoint_files import (
    GENERATOR,
    SHIPPED,
    CheckpointError,
    read_tensors,
    weights_paths,
    write_checkpoint,
)
from core.system.parsing import parse_json
from core.system.records import to_record


@dataclass(frozen=True, kw_only=True)
class Card:
    """What a network is, how it was made, and its accuracies."""

    name: str
    title: str
    architecture: dict[str, Any]
    inversion: str
    track: str
    """"blind", "mask known" or "partial samples": figures of different tracks are never mixed."""
    command: str
    """The command that makes this checkpoint again."""
    recipe: dict[str, Any]
    dataset: dict[str, Any]
    epochs: int
    seed: int
    features_sha256: str
    weights_sha256: str = ""
    omega: float | None = None
    """Weight of the second head, for synergy and two ordinary heads."""
    neighbours: int | None = None
    """Fills per digit, for a restoring network."""
    finds_holes: bool = False
    """Whether it restores blind, without the mask."""
    onnx: dict[str, Any] | None = None
    """Of a network from an ONNX file: `OnnxCard`. The `architecture` then says nothing but the number of classes."""
    validation_accuracy: float | None = None
    measured: list[dict[str, Any]] = field(default_factory=list)
    """Accuracies in percent, each with the set, the split, the variant of the cuts and the number of digits."""
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def restores(self) -> bool:
        """Whether the network fills holes before it reads."""
        return self.neighbours is not None

    def accuracies(self, variant: str = "text") -> dict[str, float]:
        """Return the accuracy of each column for this variant of the cuts; empty if never measured."""
        found = self.find_measurement(variant)
        return {} if found is None else found.accuracy

    def find_measurement(self, variant: str) -> "Measurement | None":
        """Return what was measured for this variant of the cuts; None if nothing was."""
        found = (entry for entry in self.measured if entry["variant"] == variant)
        return next((to_record(Measurement, entry) for entry in found), None)


@dataclass(frozen=True, kw_only=True)
class OnnxCard:
    """What a card says about the file of a network from outside: `Card.onnx`."""

    described: OnnxDescription
    scaling: ScalingChoice
    parameters: int


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """Accuracies in percent on one set, by column, and the loss: an entry of `Card.measured`."""

    variant: str
    accuracy: dict[str, float]
    dataset: str = ""
    split: str = "test"
    digits: int = 0
    loss: float | None = None
    """Mean cross-entropy of the whole digits; None: not measured, or not finite."""
    epsilon: float | None = None
    """How much each pixel of the digits was changed by an attack on the network (L-inf); None: they were not."""


def folder_of(dataset: str) -> Path:
    """Return the folder of the networks that recipes make on a set: the shipped one, or one in it with its name."""
    shipped = checkpoint_files.SHIPPED
    return shipped if dataset == "MNIST" else shipped / re.sub(r"[^a-z0-9]+", "-", dataset.lower())


def find_folder(name: str, dataset: str) -> Path:
    """Return the folder of a network for a set: the set's own where it was made for the set, else the shipped one."""
    own = folder_of(dataset)
    return own if (own / f"{name}.json").is_file() else checkpoint_files.SHIPPED


def without_restoring(cards: Mapping[str, Card]) -> dict[str, Card]:
    """Return the cards of classifiers. Restoring networks have no gradients to the pixels."""
    return {name: card for name, card in cards.items() if not card.restores}


def save_network(card: Card, network: Classifier, folder: Path = SHIPPED) -> Card:
    """Write weights and card atomically; return the card with the weights' hash filled in."""
    return replace(card, weights_sha256=write_checkpoint(asdict(card), network.state_dict(), folder))


def list_cards(folder: Path = SHIPPED) -> tuple[list[Card], list[str]]:
    """Return every readable card, and one sentence for each of the others."""
    cards, problems = [], []
    for path in sorted(path for path in folder.glob("*.json") if path.stem != GENERATOR):
        try:
            cards.append(load_card(path.stem, folder))
        except CheckpointError as error:
            problems.append(str(error))
    return cards, problems


def load_card(name: str, folder: Path = SHIPPED) -> Card:
    """Return the card of that name. Raises CheckpointError."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", name):
        raise CheckpointError(f"{name!r} is no name of a network: use lower-case letters, digits and dashes.")
    if name == GENERATOR:
        raise CheckpointError("The generator makes digits; it reads none.")
    try:
        card = to_record(Card, parse_json((folder / f"{name}.json").read_bytes()))
        _check_parts(card)
    except FileNotFoundError:
        raise CheckpointError(f"There is no network called {name!r}.") from None
    except (OSError, ValueError):
        raise CheckpointError(f"The card of {name!r} cannot be read; make the network again.") from None
    if card.name != name:
        raise CheckpointError(f"The card called {name!r} belongs to another network; make this one again.")
    if not any(path.is_file() for path in weights_paths(name, card.weights_sha256, folder)):
        raise CheckpointError(f"The weights of {name!r} are missing; make the network again.")
    return card


def _check_parts(card: Card) -> None:
    """Raise ValueError unless the parts of a card are as pages show them."""
    Architecture.from_dict(card.architecture)
    to_record(TrainingSet, card.dataset)
    for entry in card.measured:
        to_record(Measurement, entry)
    if card.onnx is not None:
        to_record(OnnxCard, card.onnx)


def load_network(name: str, *, references: Digits | None = None, folder: Path = SHIPPED) -> Network:
    """Return the network in evaluation mode and frozen, since all users share it.

    `references` are the full digits from which a restoring network fills holes; the network is put on their device.
    Raises CheckpointError.
    """
    card = load_card(name, folder)
    network = load_classifier(name, folder)
    network = network if references is None else network.to(references.device)
    if card.neighbours is None:
        return network
    if references is None:
        raise CheckpointError(f"{name!r} restores from full digits, and none were given.")
    return to_restorer(network, references, neighbours=card.neighbours, finds_holes=card.finds_holes)


def to_restorer(
    network: Classifier, references: Digits, *, neighbours: int, finds_holes: bool
) -> Restorer | BlindRestorer:
    """Return a network that fills holes from full digits before it reads; `finds_holes`: without the mask."""
    restorer = Restorer(network, references, neighbours=neighbours)
    return BlindRestorer(restorer) if finds_holes else restorer


def load_classifier(name: str, folder: Path = SHIPPED) -> Classifier:
    """Return the classifier of that name; of a restoring network, the one inside. Raises CheckpointError."""
    card, weights = _read(name, folder)
    try:
        network = build_from_card(card)
    except (ValueError, TypeError, RuntimeError, IndexError, KeyError, OverflowError):
        raise CheckpointError(f"The card of {name!r} describes no network; make the network again.") from None
    try:
        network.load_state_dict(weights)
    except (RuntimeError, KeyError):
        raise CheckpointError(f"The weights of {name!r} do not fit the network that its card describes.") from None
    return network.eval().requires_grad_(False)


def build_from_card(card: Card) -> Classifier:
    """Return the network that the card describes, without its weights."""
    if card.onnx is not None:
        return build_classifier(to_record(OnnxCard, card.onnx).described)
    network = build(Architecture.from_dict(card.architecture))
    network.inversion = Invert(card.inversion)
    if card.omega is not None:
        second = build(Architecture.from_dict(card.architecture)).head
        network.head = to_single_stage(sum_heads(network.head, second, card.inversion, card.omega))
    return network


def _read(name: str, folder: Path, attempts: int = 5) -> tuple[Card, Mapping[str, Tensor]]:
    """Return card and weights; retry if they do not match, since the checkpoint may just have been replaced."""
    card = load_card(name, folder)
    try:
        return card, read_tensors(name, card.weights_sha256, folder)
    except CheckpointError:
        if attempts == 1:
            raise
    return _read(name, folder, attempts - 1)
