"""Data sets as tensors in memory: six in MNIST's format and two made by code; their splits and sources.

Nothing is cached here (the dashboard caches `load`) or downloaded (see `downloads`).
"""

import hashlib
import math
import os
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Self

import numpy as np
import torch
from torch import Tensor

PROJECT_DATA = Path(__file__).parents[2] / "data"
DATA_VARIABLE = "NEGATIVE_SPACE_DATA"
OFFLINE, MADE_DIGITS = "offline digits", "made digits"
# Sets without files, each with the module whose `load()` makes it. Imported only when needed: these modules import
# this one.
MAKERS = {OFFLINE: "core.digits.offline", MADE_DIGITS: "core.generation.sampling"}
# Never change it: a saved network would meet its training digits in the validation set.
SPLIT_SEED = 28
VALIDATION_SHARE = 6  # one picture in six: 10,000 of MNIST's 60,000, as many as its test file holds
_ALL = slice(None)
# By the end of an IDX file's name: its magic number (entry type, dimensions), and the entry's NumPy type.
_FORMATS = {"idx3-ubyte": (0x0803, ">u1"), "idx1-ubyte": (0x0801, ">u1"), "idx2-int": (0x0C02, ">i4")}


class DatasetError(ValueError):
    """A missing or damaged data set; the message is one sentence for the user."""


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

    @property
    def device(self) -> torch.device:
        """The device that all splits are on."""
        return self.train.device

    def to(self, device: torch.device | str) -> "Dataset":
        """Return the same set with all splits on a device; one that is there already is returned itself."""
        train, validation, test = (split.to(device) for split in (self.train, self.validation, self.test))
        return self if train is self.train else replace(self, train=train, validation=validation, test=test)

    def describe(self) -> dict[str, object]:
        """Return name, source, sizes, classes and sha256, ready for JSON."""
        sizes = {"train": len(self.train), "validation": len(self.validation), "test": len(self.test)}
        classes = list(self.classes)
        return {"name": self.name, "source": self.source, "sizes": sizes, "classes": classes, "sha256": self.sha256}


DIGIT_CLASSES = tuple("0123456789")
CLOTHING_CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
KANA_CLASSES = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")
CHARACTER_CLASSES = tuple(
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabdefghnqrt"
)  # small letters only where capitals look otherwise


@dataclass(frozen=True)
class Layout:
    """How torchvision stores a set. Its files are read here, since importing torchvision takes longer."""

    kind: str
    """Torchvision's class, which names the folder."""
    classes: tuple[str, ...] = DIGIT_CLASSES
    halves: tuple[str, str] = ("train", "t10k")
    labels_suffix: str = "labels-idx1-ubyte"
    transposed: bool = False
    """Whether rows and columns of the pictures are swapped in the file."""
    test_count: int | None = None
    """How many pictures of the test file are used; None: all."""

    def paths(self, root: Path) -> list[Path]:
        """List the files under `root`: images and labels of the training half, then of the test half."""
        names = (f"{half}-{end}" for half in self.halves for end in ("images-idx3-ubyte", self.labels_suffix))
        return [root / self.kind / "raw" / name for name in names]


def _emnist(split: str, classes: tuple[str, ...]) -> Layout:
    return Layout("EMNIST", classes, (f"emnist-{split}-train", f"emnist-{split}-test"), transposed=True)


LAYOUTS = {
    "MNIST": Layout("MNIST"),
    "Fashion-MNIST": Layout("FashionMNIST", CLOTHING_CLASSES),
    "KMNIST": Layout("KMNIST", KANA_CLASSES),
    "EMNIST balanced": _emnist("balanced", CHARACTER_CLASSES),
    "EMNIST digits": _emnist("digits", DIGIT_CLASSES),
    # The first 10,000 of its 60,000 test digits are those of MNIST.
    "QMNIST": Layout("QMNIST", DIGIT_CLASSES, ("qmnist-train", "qmnist-test"), "labels-idx2-int", test_count=10_000),
}
STORED_DATASETS = tuple(LAYOUTS)
DATASETS = (*STORED_DATASETS, *MAKERS)


def load(name: str = "MNIST") -> Dataset:
    """Load a set from NEGATIVE_SPACE_DATA, else from `data/`, which `downloads` fills.

    Raises DatasetError: the set is nowhere, or a file of it is broken.
    """
    if name in MAKERS:
        return import_module(MAKERS[name]).load()
    root = _find(name)
    if root is None:
        raise DatasetError(
            f'{name} is not on this machine: get it with `python -m core data "{name}"` (`make data` for MNIST), '
            f"or let {DATA_VARIABLE} name a folder that holds {LAYOUTS[name].kind}/raw."
        )
    return read_dataset(name, root, f"the folder {root.name}")


def load_or_offline(name: str = "MNIST") -> Dataset:
    """Load what is on the machine (a broken set raises DatasetError), else the offline digits; never download."""
    return load(name if is_available(name) else OFFLINE)


def is_available(name: str) -> bool:
    """Return whether the set's files exist (they may still be damaged)."""
    return name in MAKERS or _find(name) is not None


def find_layout(name: str) -> Layout:
    """Return how a named set is stored. Raises DatasetError for a name that is not in DATASETS."""
    if name not in LAYOUTS:
        raise DatasetError(f"There is no set named {name!r}: choose from {', '.join(DATASETS)}.")
    return LAYOUTS[name]


def read_dataset(name: str, root: Path, source: str) -> Dataset:
    """Read a set in torchvision's layout under `root`, and check every file before any is used. Raises DatasetError."""
    layout = find_layout(name)
    paths = layout.paths(root)
    full, test = (_read_half(images, labels, layout) for images, labels in (paths[:2], paths[2:]))
    held_out = len(full) // VALIDATION_SHARE
    train, validation = split_digits(full, len(full) - held_out, held_out)
    test = test.first(layout.test_count or len(test))
    return Dataset(name, source, layout.classes, train, validation, test, hash_digits(full, test))


def _find(name: str) -> Path | None:
    """Return the first root with any file of the set: a half-copied set is an error to show, not to skip."""
    layout, named = find_layout(name), os.environ.get(DATA_VARIABLE)
    roots = (Path(named), PROJECT_DATA) if named else (PROJECT_DATA,)
    return next((root for root in roots if any(path.is_file() for path in layout.paths(root))), None)


def _read_half(images: Path, labels: Path, layout: Layout) -> Digits:
    pixels, stored = _read_file(images), _read_file(labels).long()
    count, *size = pixels.shape
    if size != [28, 28]:
        raise DatasetError(f"The file {images.name} holds pictures of {size[0]}x{size[1]} pixels, not 28x28.")
    if count != len(stored) or count == 0:
        counts = f"{count:,} pictures and {len(stored):,} labels"
        raise DatasetError(f"The files {images.name} and {labels.name} hold {counts}, which do not match.")
    stored = stored[:, 0].clone() if stored.ndim == 2 else stored  # QMNIST has more columns: writer, field, ...
    if int(stored.min()) < 0 or int(stored.max()) >= len(layout.classes):
        raise DatasetError(f"The file {labels.name} holds labels outside 0 to {len(layout.classes) - 1}.")
    return Digits(pixels.transpose(1, 2).contiguous() if layout.transposed else pixels, stored)


def _read_file(path: Path) -> Tensor:
    """Return the content of an IDX file. Raises DatasetError."""
    try:
        content = np.fromfile(path, np.uint8)
    except OSError as error:
        why = "is missing beside the others of its set" if isinstance(error, FileNotFoundError) else "cannot be read"
        raise DatasetError(f"The file {path.name} {why}.") from error
    magic, entry = _FORMATS["-".join(path.name.split("-")[-2:])]
    header = 4 + 4 * (magic & 0xFF)
    claimed = _read_header(path, content[:header].tobytes(), magic)
    expected = header + math.prod(claimed) * np.dtype(entry).itemsize
    if len(content) != expected:
        fault = "truncated" if len(content) < expected else "too long"
        sizes = f"{len(content):,} bytes where its header says {expected:,}"
        raise DatasetError(f"The file {path.name} is {fault}: {sizes}.")
    values = content[header:].view(entry).reshape(claimed)
    return torch.from_numpy(values.astype(values.dtype.newbyteorder("="), copy=False))


def _read_header(path: Path, header: bytes, magic: int) -> list[int]:
    """Return the dimensions in the header of an IDX file."""
    if int.from_bytes(header[:4], "big") != magic:
        raise DatasetError(f"The file {path.name} is not what its name says: it begins with 0x{header[:4].hex()}.")
    return [int.from_bytes(header[at : at + 4], "big") for at in range(4, 4 + 4 * (magic & 0xFF), 4)]


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
