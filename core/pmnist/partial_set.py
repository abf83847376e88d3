"""The sets of partial digits: every cut erased from a set, and the files that hold them."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from core.pmnist.masks import CUTS, Variant, cut_masks
from core.system.files import write_atomically
from core.system.npz import arrays_to_npz


def erase_pixels(pixels: Tensor, cut: str, *, variant: Variant = "text") -> Tensor:
    """Return a copy of the pictures `(N, 28, 28)` uint8 with the cut erased from each."""
    return pixels * cut_masks(cut, len(pixels), variant=variant).to(pixels.device)


@dataclass(frozen=True)
class WriteStep:
    """One file of PMNIST written."""

    path: Path
    done: int
    files: int


def write_pmnist(pixels: Tensor, labels: Tensor, folder: Path, *, variant: Variant = "text") -> Iterator[WriteStep]:
    """Write every cut of the pictures as IDX files and all of them as one `pmnist.npz`; yield after each file.

    Torchvision's `read_image_file` reads the IDX files. Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = 2 * len(CUTS) + 1
    for number, cut in enumerate(CUTS):
        parts = {"images-idx3": erase_pixels(pixels, cut, variant=variant), "labels-idx1": labels.to(torch.uint8)}
        for done, (part, values) in enumerate(parts.items(), 2 * number + 1):
            path = folder / f"{cut}-{part}-ubyte"
            write_atomically(path, to_idx(values))
            yield WriteStep(path, done, files)
    write_atomically(folder / "pmnist.npz", to_npz(pixels, labels, variant=variant))
    yield WriteStep(folder / "pmnist.npz", files, files)


def to_idx(values: Tensor) -> bytes:
    """Return a uint8 tensor in IDX, the format of MNIST's own files."""
    header = struct.pack(f">BBBB{values.ndim}I", 0, 0, 8, values.ndim, *values.shape)
    return header + values.cpu().contiguous().numpy().tobytes()


def to_npz(pixels: Tensor, labels: Tensor, *, variant: Variant = "text") -> bytes:
    """Return all cuts `(N, 28, 28)` uint8 and the labels as one compressed NumPy file."""
    arrays = {cut: erase_pixels(pixels, cut, variant=variant).cpu().numpy() for cut in CUTS}
    arrays["labels"] = labels.cpu().numpy().astype(np.uint8)
    return arrays_to_npz(arrays)
