"""Data sets as tensors in memory: nine in MNIST's format and two made by code; their splits and sources.

Nothing is cached here (the dashboard caches `load`) or downloaded (see `downloads`).
"""

import hashlib
import os
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor

from core.digits import folders, orientation
from core.digits.idx import DatasetError as DatasetError
from core.digits.idx import read_idx
from core.digits.layouts import DIGIT_CLASSES, LAYOUTS, Layout

PROJECT_DATA = Path(__file__).parents[2] / "data"
DATA_VARIABLE = "NEGATIVE_SPACE_DATA"
OFFLINE, MADE_DIGITS = "offline digits", "made digits"
# Sets without files, each with the module whose `load()` makes it. Imported only when needed: these modules import
# this one.
MAKERS = {OFFLINE: "core.digits.offline", MADE_DIGITS: "core.generation.sampling"}
DELETED = "a deleted set"
# One's own sets are called `own:NAME`; their module imports this one too.
OWN, OWN_SETS = "own:", "core.digits.own_sets.storage"
MADE_SIZES = {OFFLINE: 1_197, MADE_DIGITS: 20_000}
"""The training digits of those."""
# Never change it: a saved network would meet its training digits in the validation set.
SPLIT_SEED = 28
VALIDATION_SHARE = 6  # one picture in six: 10,000 of MNIST's 60,000, as many as its test file holds
_ALL = slice(None)


@dataclass(frozen=True, eq=False)
class Digits:
    """One split: uint8 `pixels` (N, 28, 28) as MNIST stores them, int64 `labels` (N,). Shared: never write to them."""

    pixels: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def images(self, index: slice | Tensor = _ALL) -> Tensor:
        """Return the pictures at `index` (a slice or an index tensor) as float32 (n, 1, 28, 28) in [0, 1]."""
        return self.pixels[index].unsqueeze(1).float().div_(255)

    def first(self, count: int) -> "Digits":
        """Return the first `count`. The first half of MNIST's test file is easier, so quote figures on all of it."""
        return Digits(self.pixels[:count], self.labels[:count])

    def every(self, step: int) -> "Digits":
        """Return every `step`-th one, from the first on."""
        return Digits(self.pixels[::step], self.labels[::step])

    def draw(self, count: int, seed: int) -> "Digits":
        """Return `count` random ones; a larger count contains the smaller ones of the same seed."""
        index = torch.randperm(len(self), generator=torch.Generator().manual_seed(seed))[:count].to(self.device)
        return Digits(self.pixels[index], self.labels[index])

    @property
    def device(self) -> torch.device:
        """The device that the pixels are on."""
        return self.pixels.device

    def to(self, device: torch.device | str) -> Self:
        """Return the same digits on a device; those that are there already are returned themselves."""
        pixels = self.pixels.to(device)
        return self if pixels is self.pixels else replace(self, pixels=pixels, labels=self.labels.to(device))


@dataclass(frozen=True, eq=False)
class Dataset:
    """A set in three splits, with where it came from and the sha256 of all its pixels and labels in file order."""

    name: str
    source: str
    classes: tuple[str, ...]
    train: Digits
    validation: Digits
    test: Digits
    sha256: str
    labelled: bool = True
    """Whether the labels are numbers of `classes`; False after `in_words_of`."""

    @property
    def device(self) -> torch.device:
        """The device that all splits are on."""
        return self.train.device

    @property
    def title(self) -> str:
        """How a page calls the set."""
        return title_of(self.name)

    def to(self, device: torch.device | str) -> "Dataset":
        """Return the same set with all splits on a device; one that is there already is returned itself."""
        train, validation, test = (split.to(device) for split in (self.train, self.validation, self.test))
        return self if train is self.train else replace(self, train=train, validation=validation, test=test)

    def in_words_of(self, classes: tuple[str, ...]) -> "Dataset":
        """Return the same pictures for networks that know other classes: `classes` then name answers, never labels."""
        return replace(self, classes=classes, labelled=False)

    def describe(self) -> dict[str, object]:
        """Return name, source, sizes, classes and sha256, ready for JSON."""
        sizes = {"train": len(self.train), "validation": len(self.validation), "test": len(self.test)}
        classes = list(self.classes)
        return {"name": self.name, "source": self.source, "sizes": sizes, "classes": classes, "sha256": self.sha256}


STORED_DATASETS = tuple(LAYOUTS)
DATASETS = (*STORED_DATASETS, *MAKERS)


def load(name: str = "MNIST") -> Dataset:
    """Load a set from NEGATIVE_SPACE_DATA, else from `data/`, which `downloads` fills.

    Raises DatasetError: the set is nowhere, a file of it is broken, or it is not clear which set the files are.
    """
    if name in MAKERS:
        return import_module(MAKERS[name]).load()
    if is_own(name):
        return import_module(OWN_SETS).load(name)
    root = _find(name)
    if root is not None:
        return read_dataset(name, root, f"the folder {root.name}")
    missing = f"{name} is not on this machine. {describe_named_folder(name)}".rstrip()
    raise DatasetError(
        f'{missing} Get it with `python -m core data "{name}"` (`make data` for MNIST), or let {DATA_VARIABLE} name a '
        f"folder that holds {find_layout(name).kind}/raw."
    )


def load_or_offline(name: str = "MNIST") -> Dataset:
    """Load what is on the machine (a broken set raises DatasetError), else the offline digits; never download."""
    return load(name if is_available(name) else OFFLINE)


def is_available(name: str) -> bool:
    """Return whether the set's files exist (they may still be damaged)."""
    return name in MAKERS or (bool(_find_own(name)) if is_own(name) else _find(name) is not None)


def is_own(name: str) -> bool:
    """Say whether a set is one's own, read from a file of `own_sets.storage`; it may be gone."""
    return name.startswith(OWN)


def title_of(name: str) -> str:
    """Return how a set is called on a page: its name, or what somebody called their own."""
    if not is_own(name):
        return name
    found = _describe_own(name)
    return DELETED if found is None else str(found.title)


def list_names() -> tuple[str, ...]:
    """Return the names of all sets that a command takes: DATASETS, and one's own in the data folders."""
    return (*DATASETS, *import_module(OWN_SETS).list_names())


def describe_files(name: str) -> tuple[tuple[str, int, int], ...]:
    """Return path, time of change and size of each file of a set; () for a set that has none here."""
    if is_own(name):
        found = _find_own(name)
    else:
        root = None if name in MAKERS else _find(name)
        found = [] if root is None else find_layout(name).find(root) or []
    return tuple(described for path in found if (described := _describe_file(path)))


def _describe_file(path: Path) -> tuple[str, int, int] | None:
    try:
        about = path.stat()
    except OSError:  # deleted since it was found
        return None
    return str(path), about.st_mtime_ns, about.st_size


def classes_of(name: str | None) -> tuple[str, ...] | None:
    """Return the classes of a set, without loading it; None for a name that is not in DATASETS."""
    if name in MAKERS:
        return DIGIT_CLASSES
    if name is not None and (found := _describe_own(name)) is not None:
        return tuple(found.classes)
    return LAYOUTS[name].classes if name in LAYOUTS else None


def count_training_digits(name: str) -> int:
    """Return how many training digits a set has, without loading it. Raises DatasetError for an unknown name."""
    if is_own(name):
        return int(import_module(OWN_SETS).describe(name).sizes[0])
    return MADE_SIZES[name] if name in MAKERS else find_layout(name).training_digits


def find_layout(name: str) -> Layout:
    """Return how a named set is stored. Raises DatasetError for a name that is not in DATASETS."""
    if name not in LAYOUTS:
        raise DatasetError(f"There is no set named {name!r}: choose from {', '.join(DATASETS)}.")
    return LAYOUTS[name]


def named_folder() -> Path | None:
    """Return the folder that NEGATIVE_SPACE_DATA names, with `~` expanded."""
    named = os.environ.get(DATA_VARIABLE)
    return Path(os.path.expanduser(named)) if named else None


def describe_named_folder(name: str = "MNIST") -> str:
    """Return a sentence on the folder that NEGATIVE_SPACE_DATA names if it does not hold the set, else ""."""
    folder = named_folder()
    if folder is None or name in MAKERS or is_own(name) or find_layout(name).find(folder) is not None:
        return ""
    layout, content = find_layout(name), folders.describe_content(folder)
    if folder.is_dir():
        content = f"has no {layout.names[0]} in it, in {layout.kind}/ or in raw/: it {content}"
    return f"{DATA_VARIABLE} names {os.environ[DATA_VARIABLE]!r}, which {content}."


def read_dataset(name: str, root: Path, source: str) -> Dataset:
    """Read a set under `root`, and check every file before any is used. Raises DatasetError."""
    layout = find_layout(name)
    paths = layout.find(root) or layout.paths(root)
    full, test = (_read_half(images, labels, layout) for images, labels in (paths[:2], paths[2:]))
    _check_content(layout, paths, full)
    if layout.transposed:
        (full, test), source = _turn_upright(layout, full, test, source)
    held_out = len(full) // VALIDATION_SHARE
    train, validation = split_digits(full, len(full) - held_out, held_out)
    test = test.first(layout.test_count or len(test))
    return Dataset(name, source, layout.classes, train, validation, test, hash_digits(full, test))


def _describe_own(name: str) -> Any:
    """Return the `storage.Description` of one's own set; None for another one, or if it cannot be read."""
    try:
        return import_module(OWN_SETS).describe(name) if is_own(name) else None
    except DatasetError:
        return None


def _find_own(name: str) -> list[Path]:
    path = import_module(OWN_SETS).find(name)
    return [] if path is None else [path]


def _find(name: str) -> Path | None:
    """Return the first root with any file of the set: a half-copied set is an error to show, not to skip."""
    layout, named = find_layout(name), named_folder()
    roots = (named, PROJECT_DATA) if named else (PROJECT_DATA,)
    return next((root for root in roots if layout.find(root) is not None), None)


def _read_half(images: Path, labels: Path, layout: Layout) -> Digits:
    """Return the pictures as they are stored and their labels, the first class 0."""
    pixels, stored = read_idx(images), read_idx(labels).long()
    count, *size = pixels.shape
    if size != [28, 28]:
        raise DatasetError(f"The file {images.name} holds pictures of {size[0]}x{size[1]} pixels, not 28x28.")
    if count != len(stored) or count == 0:
        counts = f"{count:,} pictures and {len(stored):,} labels"
        raise DatasetError(f"The files {images.name} and {labels.name} hold {counts}, which do not match.")
    stored = stored[:, 0].clone() if stored.ndim == 2 else stored  # QMNIST has more columns: writer, field, ...
    first, last = layout.first_label, layout.first_label + len(layout.classes) - 1
    if int(stored.min()) < first or int(stored.max()) > last:
        raise DatasetError(f"The file {labels.name} holds labels outside {first} to {last}.")
    return Digits(pixels, stored - first)


def _check_content(layout: Layout, paths: list[Path], digits: Digits) -> None:
    """Raise DatasetError for pictures that are not MNIST's, where neither the names of folder nor files say so."""
    folder = paths[0].parent
    if layout is not LAYOUTS["MNIST"] or folders.is_named_after(folder, layout.kind):
        return
    if not orientation.look_like_digits(digits.pixels, digits.labels):
        raise DatasetError(
            f"The folder {folder.name} holds {paths[0].name}, a name that several sets use, and its pictures are not "
            "MNIST's digits: put them in a folder with the set's name, such as FashionMNIST/raw."
        )


def _turn_upright(layout: Layout, full: Digits, test: Digits, source: str) -> tuple[list[Digits], str]:
    """Return both halves with upright pictures, however they are stored, and the source with what was found."""
    if orientation.is_transposed(full.pixels, full.labels, layout.classes) is False:
        return [full, test], f"{source}, pictures stored upright"
    halves = [Digits(half.pixels.transpose(1, 2).contiguous(), half.labels) for half in (full, test)]
    return halves, f"{source}, pictures turned upright"


def split_digits(digits: Digits, *sizes: int) -> list[Digits]:
    """Return random parts of these sizes, drawn with SPLIT_SEED."""
    order = torch.randperm(len(digits), generator=torch.Generator().manual_seed(SPLIT_SEED))
    return [Digits(digits.pixels[part], digits.labels[part]) for part in order.split(sizes)]


def hash_digits(*halves: Digits) -> str:
    """Return the sha256 of all pixels and labels, part after part."""
    found = hashlib.sha256()
    for half in halves:
        found.update(half.pixels.cpu().numpy().data)
        found.update(half.labels.cpu().byte().numpy().data)
    return found.hexdigest()
