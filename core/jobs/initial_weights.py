"""The hashes of a network's weights before its training: they show afterwards which layers were really frozen."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from core.system.files import write_atomically
from core.system.parsing import parse_json

FILE = "initial_weights.json"


@dataclass(frozen=True)
class WeightHashes:
    """The SHA-256 of one tensor of a network before and after its training."""

    name: str
    before: str
    after: str

    @property
    def changed(self) -> bool:
        return self.before != self.after


def hash_weights(network: nn.Module) -> dict[str, str]:
    """Return the SHA-256 of every tensor of the network's state, by name: weights, biases, and those of batch norm."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
    return {name: hashlib.sha256(tensor.numpy().tobytes()).hexdigest() for name, tensor in tensors.items()}


def record(network: nn.Module, folder: Path) -> None:
    """Write the hashes of a network that has not learned yet; a resumed training keeps the first ones."""
    if not (folder / FILE).exists():
        write_atomically(folder / FILE, json.dumps(hash_weights(network)).encode())


def compare(network: nn.Module, folder: Path) -> list[WeightHashes]:
    """Return the hashes of each tensor before and after the training; nothing where they were not recorded."""
    try:
        before = parse_json((folder / FILE).read_bytes())
    except (OSError, ValueError):
        return []
    after = hash_weights(network)
    known = [name for name in after if isinstance(before, dict) and isinstance(before.get(name), str)]
    return [WeightHashes(name, before[name], after[name]) for name in known]
