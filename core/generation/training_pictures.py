"""What a generator makes during training: pictures in the run's folder, a file each, more often in the beginning."""

import json
from dataclasses import asdict, dataclass
from math import ceil
from pathlib import Path

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from core.generation.loop import GanFigures, GanStep
from core.system.files import write_atomically
from core.system.parsing import parse_json
from core.system.records import to_record

FOLDER = "pictures"
FIRST_EPOCH_PICTURES, MAX_EPOCH_PICTURES = 10, 40  # most changes happen in the first epoch
MIN_PICTURES = 20  # of a whole training


class PictureSchedule:
    """Decides which records become pictures: several in the first epoch, then the ends of epochs, or more of few."""

    def __init__(self, epochs: int) -> None:
        self._every, self._later = ceil(epochs / MAX_EPOCH_PICTURES), MIN_PICTURES // epochs
        self._epoch, self._next = 0, 0.0  # share of the epoch

    def is_due(self, step: GanFigures) -> bool:
        """Return whether this record becomes a picture. Call it once for each record, in order."""
        if step.epoch != self._epoch:
            self._epoch, self._next = step.epoch, 0.0 if step.epoch == 1 else 1 / (self._later or 1)
        share = step.batch / step.batches
        if share == 1:
            return step.epoch == 1 or step.epoch % self._every == 0
        due = share >= self._next
        self._next = share + 1 / max(FIRST_EPOCH_PICTURES if step.epoch == 1 else 1, self._later) if due else self._next
        return due


@dataclass(frozen=True, eq=False)
class TrainingPicture:
    """What a generator made at one point of its training."""

    figures: GanFigures
    samples: Tensor
    """uint8 `(samples, 28, 28)`."""


def to_training_picture(step: GanStep) -> TrainingPicture:
    """Return the record with its samples as uint8."""
    return TrainingPicture(step.figures(), (255 * step.samples[:, 0]).round().byte())


def save_picture(folder: Path, moment: TrainingPicture) -> None:
    """Write the picture into the run's folder. Raises OSError."""
    pictures, figures = folder / FOLDER, moment.figures
    pictures.mkdir(exist_ok=True)
    about = {"figures": json.dumps(asdict(figures))}
    content = safetensors.torch.save({"samples": moment.samples.contiguous()}, about)
    write_atomically(pictures / f"{figures.epoch:04}-{figures.batch:06}.safetensors", content)


def list_pictures(folder: Path) -> list[str]:
    """Return the names of a run's pictures, in order."""
    return sorted(path.stem for path in (folder / FOLDER).glob("[!.]*.safetensors"))


def load_picture(folder: Path, name: str) -> TrainingPicture:
    """Return one of a run's pictures. Raises ValueError if it cannot be read."""
    try:
        with safetensors.safe_open(folder / FOLDER / f"{name}.safetensors", "pt") as file:
            about, samples = file.metadata() or {}, file.get_tensor("samples")
        return TrainingPicture(to_record(GanFigures, parse_json(about["figures"].encode())), samples)
    except (OSError, KeyError, ValueError, safetensors.SafetensorError):
        raise ValueError("A picture of this training cannot be read.") from None


def delete_after(folder: Path, epoch: int) -> None:
    """Delete the pictures of later epochs, which a resumed training makes again. Raises OSError."""
    for name in list_pictures(folder):
        if int(name.split("-")[0]) > epoch:
            (folder / FOLDER / f"{name}.safetensors").unlink(missing_ok=True)


def stack_samples(moments: list[TrainingPicture]) -> Tensor:
    """Return all samples, uint8 `(pictures, samples, 28, 28)`."""
    return torch.stack([moment.samples for moment in moments])
