"""Save, load and list networks: the only place that turns a name into a network.

A checkpoint is `<name>.safetensors` and `<name>.json`, its card. No pickle is ever loaded, writing is atomic, and a
missing, truncated or foreign file gives one sentence while the others stay usable.
"""

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
from torch import Tensor

from core.digits.datasets import Dataset, Digits
from core.inversion.functions import Invert, sum_heads, to_single_stage
from core.networks.architectures import Architecture
from core.networks.classifier import Classifier, build
from core.networks.evaluation import Network
from core.onnx.description import OnnxDescription
from core.onnx.operations import build_classifier
from core.onnx.scaling import ScalingChoice
from core.restoration.hole_finding import BlindRestorer
from core.restoration.restorer import Restorer
from core.system.files import temporary_file
from core.system.parsing import parse_json
from core.system.records import to_record

SHIPPED = Path(__file__).parents[2] / "checkpoints"
GENERATOR = "generator"  # in the same folder, but it reads no digits: `generation` loads it


class CheckpointError(ValueError):
    """An unusable checkpoint; the message is one sentence for the user."""


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
class TrainingSet:
    """What a card says about the digits of the training: `Card.dataset`."""

    name: str
    digits: int
    sha256: str = ""
    split: str = "train"
    classes: tuple[str, ...] = ()
    """Their names; (): those of the set `name`."""


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


def describe_training(dataset: Dataset, digits: int) -> dict[str, Any]:
    """Return what a card says about the training on the first `digits` of a set: it stays true when the set is gone."""
    return asdict(TrainingSet(name=dataset.name, digits=digits, sha256=dataset.sha256, classes=dataset.classes))


def folder_of(dataset: str) -> Path:
    """Return the folder of the networks that recipes make on a set: the shipped one, or one in it with its name."""
    return SHIPPED if dataset == "MNIST" else SHIPPED / re.sub(r"[^a-z0-9]+", "-", dataset.lower())


def find_folder(name: str, dataset: str) -> Path:
    """Return the folder of a network for a set: the set's own where it was made for the set, else the shipped one."""
    own = folder_of(dataset)
    return own if (own / f"{name}.json").is_file() else SHIPPED


def without_restoring(cards: Mapping[str, Card]) -> dict[str, Card]:
    """Return the cards of classifiers. Restoring networks have no gradients to the pixels."""
    return {name: card for name, card in cards.items() if not card.restores}


def save_network(card: Card, network: Classifier, folder: Path = SHIPPED) -> Card:
    """Write weights and card atomically; return the card with the weights' hash filled in."""
    return replace(card, weights_sha256=write_checkpoint(asdict(card), network.state_dict(), folder))


def write_checkpoint(card: dict[str, Any], tensors: Mapping[str, Tensor], folder: Path) -> str:
    """Write any card and its tensors atomically; return the weights' hash, which is added to the card."""
    weights = safetensors.torch.save({name: tensor.cpu().contiguous() for name, tensor in tensors.items()})
    digest = hashlib.sha256(weights).hexdigest()
    described = (json.dumps({**card, "weights_sha256": digest}, indent=1) + "\n").encode()
    folder.mkdir(parents=True, exist_ok=True)
    card_path, (new_path, weights_path) = folder / f"{card['name']}.json", _weights_paths(card["name"], digest, folder)
    with temporary_file(card_path, described) as new_card, temporary_file(weights_path, weights) as new_weights:
        os.replace(new_weights, new_path)
        os.replace(new_card, card_path)  # the switch from old to new: the card's hash decides
        os.replace(new_path, weights_path)
    for left in folder.glob(f"{card['name']}.*.coming"):
        left.unlink(missing_ok=True)
    return digest


def _weights_paths(name: str, sha256: str, folder: Path) -> tuple[Path, Path]:
    """Return the path of new weights until the card names them (also after a kill), and the final path."""
    return folder / f"{name}.{sha256[:16]}.coming", folder / f"{name}.safetensors"


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
    if not any(path.is_file() for path in _weights_paths(name, card.weights_sha256, folder)):
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


def read_tensors(name: str, sha256: str, folder: Path) -> Mapping[str, Tensor]:
    """Return the tensors of a checkpoint whose card names this hash. Raises CheckpointError."""
    contents = [content for path in _weights_paths(name, sha256, folder) if (content := _content(path)) is not None]
    if not contents:
        raise CheckpointError(f"The weights of {name!r} cannot be read.")
    content = next((one for one in contents if hashlib.sha256(one).hexdigest() == sha256), None)
    if content is None:
        raise CheckpointError(f"The weights of {name!r} are damaged or not the ones its card describes.")
    try:
        return safetensors.torch.load(content)
    except safetensors.SafetensorError:
        raise CheckpointError(f"The weights of {name!r} are no safetensors file.") from None


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
