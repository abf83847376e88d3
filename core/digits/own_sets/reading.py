"""One's own files -> labelled pictures; which format a file has is found by its content and its name."""

import gzip
import io
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.digits.idx import DatasetError, parse_idx
from core.digits.own_sets.folders_of_pictures import read_folders
from core.digits.own_sets.labelled import LabelledPictures, label_pictures
from core.digits.own_sets.limits import MAX_FILES, MAX_UNPACKED, OwnSetError, check_count
from core.digits.own_sets.npz_files import read_npz
from core.digits.own_sets.shrinking import Fit, shrink_array
from core.digits.own_sets.tables import read_csv, read_parquet
from core.system.archives import ArchiveError, read_files
from core.system.safe_names import to_safe_name

File = tuple[str, bytes]  # name or path in a zip, and content

IDX = {b"\0\0\x08\x03": (0x0803, ">u1"), b"\0\0\x08\x01": (0x0801, ">u1"), b"\0\0\x0c\x02": (0x0C02, ">i4")}
TEST = ("test", "t10k")  # what the names of files that are held out contain
GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
KINDS = "a ZIP of folders with pictures, IDX files, or a CSV, NPZ or Parquet file"


def read_own_files(files: Sequence[File], fit: Fit = "whole") -> LabelledPictures:
    """Return the pictures of a ZIP of folders (one a class), of IDX files, or of a CSV, NPZ or Parquet file.

    IDX files may be several, packed by gzip, or in a ZIP; so may the others. Raises OwnSetError, and nothing else, for
    files that are damaged, too large, or no set.
    """
    try:
        return _read([_gunzip(name, content) for name, content in files], fit)
    except ArchiveError as error:
        raise OwnSetError(f"The file {to_safe_name(files[0][0])!r} {error}.") from None
    except OwnSetError:
        raise
    except DatasetError as error:  # of `parse_idx`
        raise OwnSetError(str(error)) from None


def _read(files: Sequence[File], fit: Fit) -> LabelledPictures:
    if not files:
        raise OwnSetError(f"Choose {KINDS}.")
    name, content = files[0]
    if all(content[:4] in IDX for _, content in files):
        return _read_idx(files, fit)
    if len(files) > 1:
        raise OwnSetError(f"Choose one file (only IDX files are several): {KINDS}.")
    if content[:4] == ZIP:
        return _read_zip(name, content, fit)
    if content[:4] == b"PAR1":
        return read_parquet(content, fit)
    if name.lower().endswith((".csv", ".tsv", ".txt")):
        return read_csv(content, fit)
    raise OwnSetError(f"The file {to_safe_name(name)!r} is not {KINDS}.")


def _read_zip(name: str, content: bytes, fit: Fit) -> LabelledPictures:
    """Return what is in a zip: arrays, files of another format, or folders with pictures."""
    if name.lower().endswith(".npz"):
        return read_npz(content, fit)
    inner = read_files(content, most_files=MAX_FILES, most_bytes=MAX_UNPACKED, most_per_file=MAX_UNPACKED)
    files = list(inner)
    if files and all(path.endswith(".npy") for path, _ in files):
        return read_npz(content, fit)
    unpacked = [_gunzip(*file) for file in files] if len(files) <= len(IDX) + 3 else files
    tables = [file for file in unpacked if file[1][:4] in (*IDX, b"PAR1") or file[0].lower().endswith((".csv", ".npz"))]
    if tables and all(found[:4] != ZIP or path.endswith(".npz") for path, found in tables):
        return _read(tables, fit)
    return read_folders(files, fit)


def _gunzip(name: str, content: bytes) -> File:
    """Return a file, unpacked if gzip packed it. Raises OwnSetError."""
    if content[:2] != GZIP:
        return name, content
    try:
        with gzip.open(io.BytesIO(content)) as file:
            found = file.read(MAX_UNPACKED + 1)
    except (OSError, EOFError, zlib.error):
        raise OwnSetError(f"The file {to_safe_name(name)!r} cannot be unpacked: it is damaged.") from None
    if len(found) > MAX_UNPACKED:
        raise OwnSetError(f"The file {to_safe_name(name)!r} unpacks to more than {MAX_UNPACKED >> 20} MB.")
    return name.removesuffix(".gz"), found


def _read_idx(files: Iterable[File], fit: Fit) -> LabelledPictures:
    """Return the pictures of IDX files, each with the labels of the same half: training or test."""
    pixels: dict[bool, NDArray[Any]] = {}
    labels: dict[bool, NDArray[Any]] = {}
    for name, content in files:
        shown = to_safe_name(name)
        values = parse_idx(shown, np.frombuffer(bytearray(content), np.uint8), *IDX[content[:4]]).numpy()
        found = pixels if values.ndim == 3 else labels
        if found.setdefault(any(word in name.lower() for word in TEST), values) is not values:
            raise OwnSetError(f"The file {shown!r} is one too many: one has the pictures of a half, one its labels.")
    if not pixels or pixels.keys() != labels.keys():
        raise OwnSetError("IDX files come in pairs: pictures (idx3) and labels (idx1), both of training or of test.")
    check_count(sum(map(len, pixels.values())))
    for half, values in pixels.items():
        if len(values) != len(labels[half]):
            counts = f"{len(values):,} pictures and {len(labels[half]):,} labels"
            raise OwnSetError(f"The IDX files hold {counts}, which do not match.")
    test = np.concatenate([np.full(len(values), half) for half, values in pixels.items()])
    flat = [labels[half] if labels[half].ndim == 1 else labels[half][:, 0] for half in pixels]
    shrunk = np.concatenate([shrink_array(values, fit) for values in pixels.values()])
    return label_pictures("IDX files", shrunk, np.concatenate(flat), test)
