"""The probes of a network as a checkpoint: `probes/<network>.safetensors` in 16 bits, and a card.

A card names the hash of the network's weights: the probes of a network that was trained again no longer belong to it.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor

from core.digits.training_set import TrainingSet
from core.probes.measuring import ColumnRow, Probes
from core.probes.probe import Probe
from core.system.checkpoint_files import SHIPPED, CheckpointError, read_tensors, write_checkpoint
from core.system.parsing import parse_json
from core.system.records import to_record

FOLDER = SHIPPED / "probes"
NETWORKS = ("standard", "missing-feature", "control", "robust", "fast", "assignment")
"""Those that the command trains probes for; the others get some on the page.

A restoring network reads what it has filled in with the weights of `standard`.
"""


@dataclass(frozen=True, kw_only=True)
class ProbeCard:
    """Of which network the probes are, what they learned from, and what was measured."""

    name: str
    """Of the network."""
    network_sha256: str
    dataset: dict[str, Any]
    penalties: dict[str, float]
    """By place, first to last."""
    validation: dict[str, float]
    """Percent of the validation digits by place."""
    measured: list[dict[str, Any]] = field(default_factory=list)
    """A `ColumnRow` for each column of the PMNIST table."""
    command: str
    versions: dict[str, str]
    weights_sha256: str = ""

    @property
    def rows(self) -> dict[str, ColumnRow]:
        """What was measured, by column."""
        return {row.column: row for row in (to_record(ColumnRow, entry) for entry in self.measured)}


@dataclass(frozen=True, eq=False)
class ShippedProbes:
    """Probes with their card; shared, never written to."""

    card: ProbeCard
    probes: Probes


def save(card: ProbeCard, probes: Probes, folder: Path = FOLDER) -> None:
    """Write probes and card atomically."""
    tensors = {f"{place}.weights": probe.weights.half() for place, probe in probes.items()}
    tensors |= {f"{place}.biases": probe.biases.half() for place, probe in probes.items()}
    write_checkpoint(asdict(card), tensors, folder)


def load(name: str, folder: Path = FOLDER) -> ShippedProbes:
    """Return the probes of a network. Raises CheckpointError, one sentence."""
    card = load_card(name, folder)
    try:
        tensors = read_tensors(name, card.weights_sha256, folder)
        return ShippedProbes(card, {place: _to_probe(tensors, place) for place in card.penalties})
    except (ValueError, KeyError):
        raise _damaged(name) from None


def load_card(name: str, folder: Path = FOLDER) -> ProbeCard:
    """Return the card of a network's probes. Raises CheckpointError."""
    try:
        card = to_record(ProbeCard, parse_json((folder / f"{name}.json").read_bytes()))
        to_record(TrainingSet, card.dataset)
        if card.name == name and card.rows:
            return card
    except (OSError, ValueError):
        pass
    raise _damaged(name)


def _damaged(name: str) -> CheckpointError:
    return CheckpointError(
        f"The probes of {name!r} are missing or damaged: make them again with `python -m core probes {name}`."
    )


def _to_probe(tensors: Mapping[str, Tensor], place: str) -> Probe:
    """Return a probe of a file. Raises KeyError or ValueError."""
    weights, biases = (tensors[f"{place}.{part}"].float() for part in ("weights", "biases"))
    if weights.ndim != 2 or biases.shape != weights.shape[1:]:
        raise ValueError("no probe")
    return Probe(weights, biases)


def find(network_sha256: str, folder: Path = FOLDER) -> ShippedProbes | None:
    """Return the probes of the network whose weights have this hash; None if there are none. Raises CheckpointError."""
    for path in sorted(folder.glob("*.json")):
        if load_card(path.stem, folder).network_sha256 == network_sha256:
            return load(path.stem, folder)
    return None
