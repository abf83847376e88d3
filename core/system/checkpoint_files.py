"""The files of a checkpoint: `<name>.safetensors` and `<name>.json`, its card.

No pickle is ever loaded, writing is atomic, and a missing, truncated or foreign file gives one sentence.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
from torch import Tensor

from core.system.files import temporary_file

SHIPPED = Path(__file__).parents[2] / "checkpoints"
GENERATOR = "generator"  # in the same folder as the networks, but it reads no digits


class CheckpointError(ValueError):
    """An unusable checkpoint; the message is one sentence for the user."""


def write_checkpoint(card: dict[str, Any], tensors: Mapping[str, Tensor], folder: Path) -> str:
    """Write any card and its tensors atomically; return the weights' hash, which is added to the card."""
    weights = safetensors.torch.save({name: tensor.cpu().contiguous() for name, tensor in tensors.items()})
    digest = hashlib.sha256(weights).hexdigest()
    described = (json.dumps({**card, "weights_sha256": digest}, indent=1) + "\n").encode()
    folder.mkdir(parents=True, exist_ok=True)
    card_path, (new_path, weights_path) = folder / f"{card['name']}.json", weights_paths(card["name"], digest, folder)
    with temporary_file(card_path, described) as new_card, temporary_file(weights_path, weights) as new_weights:
        os.replace(new_weights, new_path)
        os.replace(new_card, card_path)  # the switch from old to new: the card's hash decides
        os.replace(new_path, weights_path)
    for left in folder.glob(f"{card['name']}.*.coming"):
        left.unlink(missing_ok=True)
    return digest


def weights_paths(name: str, sha256: str, folder: Path) -> tuple[Path, Path]:
    """Return the path of new weights until the card names them (also after a kill), and the final path."""
    return folder / f"{name}.{sha256[:16]}.coming", folder / f"{name}.safetensors"


def read_tensors(name: str, sha256: str, folder: Path) -> Mapping[str, Tensor]:
    """Return the tensors of a checkpoint whose card names this hash. Raises CheckpointError."""
    contents = [content for path in weights_paths(name, sha256, folder) if (content := _content(path)) is not None]
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
