"""Digits as in-memory tensors: six sets in MNIST's format, two in no file; their splits; where they come from.

Nothing is cached here (the dashboard caches `load`), and nothing is fetched unless asked for (see `downloads`).
"""

import hashlib
import math
import os
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

PROJECT_DATA = Path(__file__).parents[2] / "data"
DATA_VARIABLE = "NEGATIVE_SPACE_DATA"
OFFLINE, MADE_DIGITS = "offline digits", "made digits"
# Sets that lie in no file, each with the module whose `load()` makes it. Looked up only then, as jobs are: to make
# digits takes a generator, which knows this module.
MAKERS = {OFFLINE: "core.digits.offline", MADE_DIGITS: "core.generation.sampling"}
# Any number would do, but never another one: a saved network must not meet its training digits in validation.
SPLIT_SEED = 28
VALIDATION_SHARE = 6  # one picture in six: 10,000 of MNIST's 60,000, as many as its test file holds
_ALL = slice(None)
# The end of an IDX file's name says how it must begin (entry type, dimensions), and what an entry is.
_FORMATS = {"idx3-ubyte": (0x0803, ">u1"), "idx1-ubyte": (0x0801, ">u1"), "idx2-int": (0x0C02, ">i4")}


class DatasetError(ValueError):
    """A set that is not there, or not whole; the message is one sentence for the reader of a page."""


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
        """Return the first `count`; of MNIST's test file that is the easier half, so quote figures on all of it."""
        return Digits(self.pixels[:count], self.labels[:count])


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

    def describe(self) -> dict[str, object]:
        """Return what a card or a page says of the set: name, source, sizes, classes, sha256, ready for JSON."""
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
    """How torchvision keeps a set. Its files are read here: importing torchvision takes longer than reading them."""

    kind: str
    """torchvision's class of it, which names the folder."""
    classes: tuple[str, ...] = DIGIT_CLASSES
    halves: tuple[str, str] = ("train", "t10k")
    labels_end: str = "labels-idx1-ubyte"
    on_side: bool = False
    """Whether the pictures are stored on their side."""
    tested: int | None = None
    """How many of the test file's pictures are the test digits; None: all."""

    def paths(self, root: Path) -> list[Path]:
        """List the files under `root`: images and labels of the training half, then of the test half."""
        names = (f"{half}-{end}" for half in self.halves for end in ("images-idx3-ubyte", self.labels_end))
        return [root / self.kind / "raw" / name for name in names]


def _emnist(split: str, classes: tuple[str, ...]) -> Layout:
    return Layout("EMNIST", classes, (f"emnist-{split}-train", f"emnist-{split}-test"), on_side=True)


LAYOUTS = {
    "MNIST": Layout("MNIST"),
    "Fashion-MNIST": Layout("FashionMNIST", CLOTHING_CLASSES),
    "KMNIST": Layout("KMNIST", KANA_CLASSES),
    "EMNIST balanced": _emnist("balanced", CHARACTER_CLASSES),
    "EMNIST digits": _emnist("digits", DIGIT_CLASSES),
    # The first 10,000 of its 60,000 test digits are those of MNIST.
    "QMNIST": Layout("QMNIST", DIGIT_CLASSES, ("qmnist-train", "qmnist-test"), "labels-idx2-int", tested=10_000),
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
    """Say whether `load(name)` would find files without a download (it may still find them broken)."""
    return name in MAKERS or _find(name) is not None


def find_layout(name: str) -> Layout:
    """Return where and how a named set is stored; raises DatasetError for a name that is not in DATASETS."""
    if name not in LAYOUTS:
        raise DatasetError(f"There is no set named {name!r}: choose from {', '.join(DATASETS)}.")
    return LAYOUTS[name]


def read_dataset(name: str, root: Path, source: str) -> Dataset:
    """Read a set in torchvision's layout under `root`, every file checked before any is used."""
    layout = find_layout(name)
    paths = layout.paths(root)
    full, test = (_read_half(images, labels, layout) for images, labels in (paths[:2], paths[2:]))
    held_out = len(full) // VALIDATION_SHARE
    train, validation = split_digits(full, len(full) - held_out, held_out)
    test = test.first(layout.tested or len(test))
    return Dataset(name, source, layout.classes, train, validation, test, hash_digits(full, test))


def _find(name: str) -> Path | None:
    """Return the first root with any file of the set: a half-copied one is an error to show, not a set to pass over."""
    layout, named = find_layout(name), os.environ.get(DATA_VARIABLE)
    roots = (Path(named), PROJECT_DATA) if named else (PROJECT_DATA,)
    return next((root for root in roots if any(path.is_file() for path in layout.paths(root))), None)


def _read_half(images: Path, labels: Path, layout: Layout) -> Digits:
    pixels, said = _read_file(images), _read_file(labels).long()
    count, *size = pixels.shape
    if size != [28, 28]:
        raise DatasetError(f"The file {images.name} holds pictures of {size[0]}x{size[1]} pixels, not 28x28.")
    if count != len(said) or count == 0:
        counts = f"{count:,} pictures and {len(said):,} labels"
        raise DatasetError(f"The files {images.name} and {labels.name} hold {counts}, which is no set.")
    said = said[:, 0].clone() if said.ndim == 2 else said  # QMNIST says more of a digit than what it is
    if int(said.min()) < 0 or int(said.max()) >= len(layout.classes):
        raise DatasetError(f"The file {labels.name} holds labels outside 0 to {len(layout.classes) - 1}.")
    return Digits(pixels.transpose(1, 2).contiguous() if layout.on_side else pixels, said)


def _read_file(path: Path) -> Tensor:
    """Return what an IDX file holds."""
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
    """Return the dimensions that an IDX file claims to have."""
    if int.from_bytes(header[:4], "big") != magic:
        raise DatasetError(f"The file {path.name} is not what its name says: it begins with 0x{header[:4].hex()}.")
    return [int.from_bytes(header[at : at + 4], "big") for at in range(4, 4 + 4 * (magic & 0xFF), 4)]


def split_digits(digits: Digits, *sizes: int) -> list[Digits]:
    """Return parts of these sizes, their digits drawn with the one seed that splits every set."""
    order = torch.randperm(len(digits), generator=torch.Generator().manual_seed(SPLIT_SEED))
    return [Digits(digits.pixels[part], digits.labels[part]) for part in order.split(sizes)]


def hash_digits(*halves: Digits) -> str:
    """Return the sha256 of all pixels and labels, half after half."""
    found = hashlib.sha256()
    for half in halves:
        found.update(half.pixels.numpy().data)
        found.update(half.labels.byte().numpy().data)
    return found.hexdigest()
