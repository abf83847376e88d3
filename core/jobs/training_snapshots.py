"""Snapshots of a network in training: its filters, its feature maps, and its probabilities for ten digits.

Each is a file in the run folder; there are about a hundred at most.
"""

from dataclasses import dataclass
from math import ceil, isqrt
from pathlib import Path

import numpy as np
import safetensors
import safetensors.torch
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from core.digits.datasets import Digits
from core.jobs.watched_digits import MAX_SHOWN, find_examples
from core.networks.architectures import ACTIVATIONS
from core.networks.classifier import Classifier
from core.networks.cost import MAX_VALUES
from core.pmnist.masks import SIDE
from core.system.files import write_atomically
from core.training.loop import TrainStep

FOLDER = "pictures"
MAX_SIDE = isqrt(MAX_VALUES)  # of a map
MAPPED_DIGIT = 4  # index of the digit whose feature maps are shown
FIRST_EPOCH_SNAPSHOTS, MAX_EPOCH_SNAPSHOTS = 20, 60  # networks change most in the first epoch


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A network at one moment; arrays of at most MAX_SHOWN pictures with values in [0, 1], filters in any range."""

    epoch: int
    batch: int
    digits: NDArray[np.float32]
    """The ten test digits `(10, 28, 28)`, always the same."""
    labels: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    """`(10, classes)`."""
    filters: NDArray[np.float32]
    """Weights of the first convolution `(n, k, k)`; without one, of the first hidden units `(n, 28, 28)`."""
    first_maps: NDArray[np.float32]
    """Of one digit after the first activation `(n, h, w)`; empty without convolutions."""
    last_maps: NDArray[np.float32]


class SnapshotRecorder:
    """Saves the snapshots of one training."""

    def __init__(self, folder: Path, test: Digits, *, epochs: int) -> None:
        index = find_examples(test)
        self.images, self.labels = test.images(index), test.labels[index]
        self.folder, self.every = folder / FOLDER, ceil(epochs / MAX_EPOCH_SNAPSHOTS)
        self.folder.mkdir(exist_ok=True)
        self._share = 0.0  # of the first epoch, at its last snapshot

    def record(self, network: Classifier, step: TrainStep | None = None) -> None:
        """Save a snapshot if one is due after this record; without a record, of the start. Raises OSError."""
        epoch, batch = (0, 0) if step is None else (step.epoch, step.batch)
        if step is not None and not self._is_due(step):
            return
        content = safetensors.torch.save(self._tensors(network))
        write_atomically(self.folder / f"{epoch:04}-{batch:06}.safetensors", content)

    def _is_due(self, step: TrainStep) -> bool:
        if step.batch == step.batches:
            return step.epoch % self.every == 0 or step.epoch == 1
        share = step.batch / step.batches
        due = step.epoch == 1 and share >= self._share + 1 / FIRST_EPOCH_SNAPSHOTS
        self._share = share if due else self._share
        return due

    @torch.no_grad()
    def _tensors(self, network: Classifier) -> dict[str, Tensor]:
        images = self.images.to(network.device)
        walked = dict(network.walk(images))
        maps = [
            found[MAPPED_DIGIT % len(found), :MAX_SHOWN]
            for name, found in walked.items()
            if name.startswith(ACTIVATIONS)
        ]
        maps = maps or [torch.zeros(0, 1, 1)]
        *_, logits = walked.values()
        return {
            "digits": (255 * self.images[:, 0]).byte(),
            "labels": self.labels,
            "probabilities": logits.softmax(1).cpu(),
            "filters": _filters(network).half().cpu().contiguous(),
            "first": _to_bytes(maps[0]),
            "last": _to_bytes(maps[-1]),
        }


def _filters(network: Classifier) -> Tensor:
    for stage in network.modules():
        if isinstance(stage, nn.Conv2d):
            return stage.weight[:MAX_SHOWN, 0]
        if isinstance(stage, nn.Linear):
            return (
                stage.weight[:MAX_SHOWN].reshape(-1, SIDE, SIDE) if stage.in_features == SIDE**2 else stage.weight[:0]
            )
    raise ValueError("This network has no weights to show.")


def _to_bytes(maps: Tensor) -> Tensor:
    """Return the maps scaled by their common maximum to 0 to 255; negative values become 0."""
    return (255 * maps.clamp(min=0) / maps.amax().clamp(min=1e-6) if maps.numel() else maps).byte().cpu().contiguous()


def list_snapshots(folder: Path) -> list[str]:
    """Return the names of a run's snapshots, the oldest first."""
    return sorted(path.stem for path in (folder / FOLDER).glob("[!.]*.safetensors"))


def load_snapshot(folder: Path, name: str) -> Snapshot:
    """Return a run's snapshot. Raises ValueError when it cannot be read."""
    try:
        found = safetensors.torch.load((folder / FOLDER / f"{name}.safetensors").read_bytes())
        epoch, batch = map(int, name.split("-"))
        snapshot = Snapshot(
            epoch=epoch,
            batch=batch,
            digits=_from_bytes(found["digits"]),
            labels=found["labels"].numpy(),
            probabilities=found["probabilities"].numpy(),
            filters=found["filters"].float().numpy(),
            first_maps=_from_bytes(found["first"]),
            last_maps=_from_bytes(found["last"]),
        )
        _check(snapshot)
        return snapshot
    except (OSError, KeyError, ValueError, safetensors.SafetensorError):
        raise ValueError("A picture of this training cannot be read.") from None


def _check(snapshot: Snapshot) -> None:
    """Raise ValueError for arrays that no recorder saves: of another shape, or with values that are not finite."""
    count, labels, probabilities = len(snapshot.digits), snapshot.labels, snapshot.probabilities
    sheets = (snapshot.filters, snapshot.first_maps, snapshot.last_maps)
    if not (
        snapshot.digits.shape[1:] == (SIDE, SIDE)
        and labels.shape == (count,)
        and probabilities.ndim == 2
        and len(probabilities) == count <= MAX_SHOWN
        and all(sheet.ndim == 3 and len(sheet) <= MAX_SHOWN and max(sheet.shape[1:]) <= MAX_SIDE for sheet in sheets)
    ):
        raise ValueError("These arrays have other shapes.")
    fits = labels.dtype == np.int64 and bool(((labels >= 0) & (labels < probabilities.shape[1])).all())
    if not (count and fits and all(np.isfinite(values).all() for values in (probabilities, snapshot.filters))):
        raise ValueError("These are no labels or no numbers.")


def _from_bytes(stored: Tensor) -> NDArray[np.float32]:
    values: NDArray[np.float32] = (stored.float() / 255).numpy()
    return values
