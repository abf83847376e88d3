"""Files in MNIST's format (IDX), packed by gzip or not, as tensors."""

import gzip
import math
import zlib
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

PACKED = ".gz"
# By the end of a file's name: its magic number (entry type, dimensions), and the entry's NumPy type.
HEADERS = {"idx3-ubyte": (0x0803, ">u1"), "idx1-ubyte": (0x0801, ">u1"), "idx2-int": (0x0C02, ">i4")}


class DatasetError(ValueError):
    """A missing or damaged data set; the message is one sentence for the user."""


def plain_name(name: str) -> str:
    """Return an IDX file's name as torchvision writes it: "Train-Images.idx3-ubyte.gz" is train-images-idx3-ubyte."""
    return name.lower().removesuffix(PACKED).replace(".", "-")


def read_idx(path: Path) -> Tensor:
    """Return the content of an IDX file. Raises DatasetError."""
    return parse_idx(path.name, _read_bytes(path), *HEADERS["-".join(plain_name(path.name).split("-")[-2:])])


def parse_idx(name: str, content: NDArray[np.uint8], magic: int, entry: str) -> Tensor:
    """Return what the bytes of an IDX file hold, which begins with this magic number. Raises DatasetError."""
    header = 4 + 4 * (magic & 0xFF)
    claimed = _read_header(name, content[:header].tobytes(), magic)
    expected = header + math.prod(claimed) * np.dtype(entry).itemsize
    if len(content) != expected:
        fault = "truncated" if len(content) < expected else "too long"
        sizes = f"{len(content):,} bytes where its header says {expected:,}"
        raise DatasetError(f"The file {name} is {fault}: {sizes}.")
    values = content[header:].view(entry).reshape(claimed)
    return torch.from_numpy(values.astype(values.dtype.newbyteorder("="), copy=False))


def _read_bytes(path: Path) -> NDArray[np.uint8]:
    try:
        if path.name.lower().endswith(PACKED):
            with gzip.open(path) as file:
                return np.frombuffer(bytearray(file.read()), np.uint8)  # a bytearray, as tensors are writable
        return np.fromfile(path, np.uint8)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DatasetError(f"The file {path.name} cannot be unpacked: it is damaged or not complete.") from error
    except OSError as error:
        why = "is missing beside the others of its set" if isinstance(error, FileNotFoundError) else "cannot be read"
        raise DatasetError(f"The file {path.name} {why}.") from error


def _read_header(name: str, header: bytes, magic: int) -> list[int]:
    """Return the dimensions in the header of an IDX file."""
    if int.from_bytes(header[:4], "big") != magic:
        raise DatasetError(f"The file {name} is not what its name says: it begins with 0x{header[:4].hex()}.")
    return [int.from_bytes(header[at : at + 4], "big") for at in range(4, 4 + 4 * (magic & 0xFF), 4)]
