"""One's own set as one file in NumPy's format: `x_train`, `y_train`, ... as Keras names them, `classes` and `title`.

A set is called `own:NAME`. Its file is `own/NAME.npz` in a data folder, or, of a visitor, `set.npz` in a run's folder.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from core.digits import datasets
from core.digits.datasets import OWN, Dataset, Digits, hash_digits
from core.digits.own_sets.limits import MAX_CLASSES, MAX_PICTURES, MIN_CLASSES, OwnSetError
from core.system.archives import ArchiveError
from core.system.files import write_atomically
from core.system.npz import arrays_to_npz, npz_to_arrays
from core.system.run_place import runs_folder

PARTS = ("train", "validation", "test")
MAX_BYTES = MAX_PICTURES * (28 * 28 + 8) + 100_000  # unpacked
FILE = "set.npz"  # in the folder of a run
GONE = "The set {!r} is not here: it was deleted, or it is another visitor's."
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True)
class Description:
    """What a set is, without its pictures."""

    title: str
    classes: tuple[str, ...]
    sizes: tuple[int, int, int]
    """How many pictures train, validate and test."""


def find(name: str) -> Path | None:
    """Return the file of the set `own:NAME`: in a data folder, else a visitor's; None if there is none."""
    short = name.removeprefix(OWN)
    kept = runs_folder() / short / FILE
    return find_shared(name) or (kept if NAME.fullmatch(short) and kept.is_file() else None)


def find_shared(name: str) -> Path | None:
    """Return the file of the set `own:NAME` in a data folder, which all visitors may use; None if there is none."""
    short = name.removeprefix(OWN)
    paths = (folder / f"{short}.npz" for folder in _folders() if NAME.fullmatch(short))
    return next((path for path in paths if path.is_file()), None)


def list_names() -> list[str]:
    """Return the names of the sets in the data folders; a visitor's are not among them."""
    found = {path.stem for folder in _folders() for path in folder.glob("*.npz") if NAME.fullmatch(path.stem)}
    return [f"{OWN}{name}" for name in sorted(found)]


def save(dataset: Dataset, title: str = "") -> Path:
    """Write the set `own:NAME` into the first data folder; return its file. Raises OwnSetError and OSError.

    A name is never used for two sets: what was computed on the first would be shown for the second.
    """
    name = dataset.name.removeprefix(OWN)
    if not NAME.fullmatch(name):
        raise OwnSetError(f"{name!r} is no name of a set: use up to 40 small letters, digits and dashes.")
    path = _folders()[0] / f"{name}.npz"
    if path.exists():
        raise OwnSetError(f"There is a set called {name!r} already: choose another name, or delete {path}.")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, to_file(dataset, title or name))
    return path


def load(name: str) -> Dataset:
    """Return the set `own:NAME`. Raises OwnSetError."""
    return read_file(_find_file(name), name)[0]


def describe(name: str) -> Description:
    """Return what the set `own:NAME` is; it is read once. Raises OwnSetError."""
    path = _find_file(name)
    try:
        changed = path.stat().st_mtime_ns
    except OSError:  # deleted since it was found
        raise OwnSetError(GONE.format(name)) from None
    return _describe(path, changed)


@lru_cache(maxsize=200)
def _describe(path: Path, changed: int) -> Description:
    dataset, title = read_file(path, path.stem)
    return Description(title, dataset.classes, (len(dataset.train), len(dataset.validation), len(dataset.test)))


def _find_file(name: str) -> Path:
    path = find(name)
    if path is None:
        raise OwnSetError(GONE.format(name))
    return path


def _folders() -> list[Path]:
    """Return the folders of sets, the one that NEGATIVE_SPACE_DATA names first."""
    named = datasets.named_folder()
    return [root / "own" for root in ((named, datasets.PROJECT_DATA) if named else (datasets.PROJECT_DATA,))]


def to_file(dataset: Dataset, title: str) -> bytes:
    """Return a set as an .npz file."""
    arrays: dict[str, NDArray[Any]] = {
        "classes": np.array(dataset.classes),
        "source": np.array(dataset.source),
        "title": np.array(title),
    }
    for part in PARTS:
        digits: Digits = getattr(dataset, part)
        arrays |= {f"x_{part}": digits.pixels.numpy(), f"y_{part}": digits.labels.numpy()}
    return arrays_to_npz(arrays)


def read_file(path: Path, name: str) -> tuple[Dataset, str]:
    """Return the set in a file that `to_file` made, and its title. Raises OwnSetError."""
    try:
        arrays = npz_to_arrays(path.read_bytes(), most_files=2 * len(PARTS) + 3, most_bytes=MAX_BYTES)
        parts = [Digits(*(torch.from_numpy(arrays[f"{axis}_{part}"]) for axis in "xy")) for part in PARTS]
        classes = tuple(map(str, arrays["classes"]))
        _check(parts, classes)
        source, title = str(arrays["source"]), str(arrays["title"])
    except (OSError, ArchiveError, KeyError, TypeError, ValueError):
        raise OwnSetError(f"The file of the set {name!r} is missing or damaged.") from None
    train, validation, test = parts
    return Dataset(name, source, classes, train, validation, test, hash_digits(*parts)), title


def _check(parts: list[Digits], classes: tuple[str, ...]) -> None:
    """Raise ValueError for what `to_file` never writes."""
    fine = MIN_CLASSES <= len(classes) <= MAX_CLASSES
    for part in parts:
        fine &= part.pixels.shape == (len(part), 28, 28) and part.pixels.dtype == torch.uint8 and len(part) > 0
        fine &= part.labels.dtype == torch.int64 and 0 <= int(part.labels.min()) <= int(part.labels.max()) < len(
            classes
        )
    if not fine:
        raise ValueError
