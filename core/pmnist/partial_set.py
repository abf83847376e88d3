"""The sets of partial digits: every cut erased from a set, and the files that hold them."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from core.digits.datasets import Digits
from core.pmnist.masks import CUTS, Variant, cut_masks
from core.system.files import write_atomically
from core.system.npz import arrays_to_npz


def erase_digits(digits: Digits, cut: str, *, variant: Variant = "text") -> Digits:
    """Return a copy of the digits with the cut erased from every picture."""
    masks = cut_masks(cut, len(digits), variant=variant).to(digits.device)
    return Digits(digits.pixels * masks, digits.labels)


@dataclass(frozen=True)
class WriteStep:
    """One file of PMNIST written."""

    path: Path
    done: int
    files: int


def write_pmnist(digits: Digits, folder: Path, *, variant: Variant = "text") -> Iterator[WriteStep]:
    """Write every cut of `digits` as IDX files and all of them as one `pmnist.npz`; yield after each file.

    Torchvision's `read_image_file` reads the IDX files. Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = 2 * len(CUTS) + 1
    for number, cut in enumerate(CUTS):
        images, labels = folder / f"{cut}-images-idx3-ubyte", folder / f"{cut}-labels-idx1-ubyte"
        write_atomically(images, to_idx(erase_digits(digits, cut, variant=variant).pixels))
        yield WriteStep(images, 2 * number + 1, files)
        write_atomically(labels, to_idx(digits.labels.to(torch.uint8)))
        yield WriteStep(labels, 2 * number + 2, files)
    write_atomically(folder / "pmnist.npz", to_npz(digits, variant=variant))
    yield WriteStep(folder / "pmnist.npz", files, files)


def to_idx(values: Tensor) -> bytes:
    """Return a uint8 tensor in IDX, the format of MNIST's own files."""
    header = struct.pack(f">BBBB{values.ndim}I", 0, 0, 8, values.ndim, *values.shape)
    return header + values.cpu().contiguous().numpy().tobytes()


def to_npz(digits: Digits, *, variant: Variant = "text") -> bytes:
    """Return all cuts `(N, 28, 28)` uint8 and the labels as one compressed NumPy file."""
    arrays = {cut: erase_digits(digits, cut, variant=variant).pixels.cpu().numpy() for cut in CUTS}
    arrays["labels"] = digits.labels.cpu().numpy().astype(np.uint8)
    return arrays_to_npz(arrays)
