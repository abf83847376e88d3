"""Save, load and list networks: the only place that turns a name into a network.

A checkpoint is `<name>.safetensors` and `<name>.json`, its card. No pickle is ever loaded, writing is atomic, and a
file that is missing, truncated or foreign gives one sentence while the others go on.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
from torch import Tensor

from core.architectures import Architecture
from core.datasets import Digits
from core.files import partial
from core.hole_finding import BlindRestorer
from core.inversion import Invert, Synergy, to_head
from core.networks import Classifier, build
from core.restoration import Restorer

SHIPPED = Path(__file__).parents[1] / "checkpoints"
Network = Classifier | Restorer | BlindRestorer


class CheckpointError(ValueError):
    """A checkpoint that cannot be used; the message is one sentence for the person who asked for it."""


@dataclass(frozen=True, kw_only=True)
class Card:
    """What a network is, how it was made, and how well it reads which digits."""

    name: str
    title: str
    architecture: dict[str, Any]
    inversion: str
    track: str
    """"blind", "mask known" or "partial samples": figures of different tracks are never mixed."""
    command: str
    """What makes this checkpoint again."""
    recipe: dict[str, Any]
    dataset: dict[str, Any]
    epochs: int
    seed: int
    features_sha256: str
    weights_sha256: str = ""
    omega: float | None = None
    """Weight of the second head, for synergy."""
    neighbours: int | None = None
    """Fills per digit, for a network that restores."""
    finds_holes: bool = False
    """Whether it restores without being told what is missing."""
    validation_accuracy: float | None = None
    measured: list[dict[str, Any]] = field(default_factory=list)
    """Accuracies in percent, each with the set, the split, the variant of the cuts and the number of digits."""
    versions: dict[str, str] = field(default_factory=dict)

    def accuracies(self, variant: str = "text") -> dict[str, float]:
        """Return the accuracy of each column for this variant of the cuts; empty when never measured."""
        return next((entry["accuracy"] for entry in self.measured if entry["variant"] == variant), {})


def save(card: Card, network: Classifier, folder: Path = SHIPPED) -> Card:
    """Write weights and card atomically; return the card with the weights' hash filled in."""
    weights = safetensors.torch.save({name: tensor.contiguous() for name, tensor in network.state_dict().items()})
    card = Card(**{**asdict(card), "weights_sha256": hashlib.sha256(weights).hexdigest()})
    described = (json.dumps(asdict(card), indent=1) + "\n").encode()
    folder.mkdir(parents=True, exist_ok=True)
    weights_path, card_path = folder / f"{card.name}.safetensors", folder / f"{card.name}.json"
    with partial(weights_path, weights) as new_weights, partial(card_path, described) as new_card:
        card_path.unlink(missing_ok=True)  # killed from here on there is no checkpoint, never a card of other weights
        os.replace(new_weights, weights_path)
        os.replace(new_card, card_path)
    return card


def list_cards(folder: Path = SHIPPED) -> tuple[list[Card], list[str]]:
    """Return every readable card, and one sentence for each that is not."""
    cards, problems = [], []
    for path in sorted(folder.glob("*.json")):
        try:
            cards.append(load_card(path.stem, folder))
        except CheckpointError as error:
            problems.append(str(error))
    return cards, problems


def load_card(name: str, folder: Path = SHIPPED) -> Card:
    """Return the card of that name. Raises CheckpointError."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", name):
        raise CheckpointError(f"{name!r} is no name of a network: use small letters, digits and dashes.")
    try:
        card = Card(**json.loads((folder / f"{name}.json").read_text("utf-8")))
        Architecture.from_dict(card.architecture)
    except FileNotFoundError:
        raise CheckpointError(f"There is no network called {name!r}.") from None
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        raise CheckpointError(f"The card of {name!r} cannot be read; make the network again.") from None
    if card.name != name:
        raise CheckpointError(f"The card called {name!r} belongs to {card.name!r}; make the network again.")
    if not (folder / f"{name}.safetensors").is_file():
        raise CheckpointError(f"The weights of {name!r} are missing; make the network again.")
    return card


def load(name: str, *, references: Digits | None = None, folder: Path = SHIPPED) -> Network:
    """Return the network, in evaluation mode and frozen: it is shared by everyone who asks for it.

    `references` are the full digits a restoring network fills holes from. Raises CheckpointError.
    """
    card = load_card(name, folder)
    network = load_classifier(name, folder)
    if card.neighbours is None:
        return network
    if references is None:
        raise CheckpointError(f"{name!r} restores from full digits, and none were given.")
    return to_restorer(network, references, neighbours=card.neighbours, finds_holes=card.finds_holes)


def to_restorer(
    network: Classifier, references: Digits, *, neighbours: int, finds_holes: bool
) -> Restorer | BlindRestorer:
    """Return the network as one that restores from full digits before it reads, told what is missing or not."""
    restorer = Restorer(network, references, neighbours=neighbours)
    return BlindRestorer(restorer) if finds_holes else restorer


def load_classifier(name: str, folder: Path = SHIPPED) -> Classifier:
    """Return the classifier of that name; of a network that restores, the one that reads the filled digits."""
    card = load_card(name, folder)
    weights = _weights(card, folder)
    try:
        network = assemble(card)
    except (ValueError, TypeError, RuntimeError, IndexError):
        raise CheckpointError(f"The card of {name!r} describes no network; make the network again.") from None
    try:
        network.load_state_dict(weights)
    except (RuntimeError, KeyError):
        raise CheckpointError(f"The weights of {name!r} do not fit the network that its card describes.") from None
    return network.eval().requires_grad_(False)


def assemble(card: Card) -> Classifier:
    """Return the network that the card describes, its weights not yet loaded."""
    network = build(Architecture.from_dict(card.architecture))
    network.inversion = Invert(card.inversion)
    if card.omega is not None:
        second = build(Architecture.from_dict(card.architecture)).head
        network.head = to_head(Synergy(network.head, second, card.omega))
    return network


def _weights(card: Card, folder: Path) -> Mapping[str, Tensor]:
    try:
        content = (folder / f"{card.name}.safetensors").read_bytes()
    except OSError:
        raise CheckpointError(f"The weights of {card.name!r} cannot be read.") from None
    if hashlib.sha256(content).hexdigest() != card.weights_sha256:
        raise CheckpointError(f"The weights of {card.name!r} are damaged or not the ones its card describes.")
    try:
        return safetensors.torch.load(content)
    except safetensors.SafetensorError:
        raise CheckpointError(f"The weights of {card.name!r} are no safetensors file.") from None
