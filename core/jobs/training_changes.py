"""The changes that were made while a network learned, each with the batch from which it holds, in the run folder.

A resumed training repeats its unfinished epoch with the same changes at the same batches, so it learns the same, bit by
bit; a new request replaces those that have not come again yet.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.system.files import write_atomically
from core.system.parsing import parse_json
from core.system.records import to_record
from core.training.changes import TrainingChanges

FILE = "changes.json"


@dataclass(frozen=True)
class AppliedChange:
    """What is changed of a training, from a batch on."""

    epoch: int
    batch: int
    """How many batches of the epoch were done before."""
    changes: TrainingChanges


@dataclass(frozen=True)
class _Log:
    changes: tuple[AppliedChange, ...] = ()


def load_changes(folder: Path) -> tuple[AppliedChange, ...]:
    """Return the changes of a run, in order; none if there is no file. Raises ValueError if it is damaged."""
    try:
        return to_record(_Log, parse_json((folder / FILE).read_bytes())).changes
    except FileNotFoundError:
        return ()
    except (OSError, ValueError):
        raise ValueError("The changes of this training cannot be read.") from None


class ChangeLog:
    """The changes of one training while it runs."""

    def __init__(self, folder: Path, read_request: Callable[[], TrainingChanges]) -> None:
        self._path, self._read_request = folder / FILE, read_request
        self._applied = load_changes(folder)

    def find(self, epoch: int, batch: int) -> TrainingChanges:
        """Return what is changed when so many batches of this epoch are done; a new request holds from then on."""
        requested = self._read_request()
        if requested != _latest(self._applied):
            before = self._until(epoch, batch - 1)
            self._applied = (*before, AppliedChange(epoch, batch, requested))
            write_atomically(self._path, json.dumps(asdict(_Log(self._applied))).encode())
        return _latest(self._until(epoch, batch))

    def to_recipe(self) -> dict[str, Any]:
        """Return the changes as a part of what a network's card says about its training; empty if there are none."""
        return asdict(_Log(self._applied)) if self._applied else {}

    def _until(self, epoch: int, batch: int) -> tuple[AppliedChange, ...]:
        return tuple(one for one in self._applied if (one.epoch, one.batch) <= (epoch, batch))


def _latest(applied: tuple[AppliedChange, ...]) -> TrainingChanges:
    return applied[-1].changes if applied else TrainingChanges()
