"""One's own files -> labelled pictures; which format a file has is found by its content and its name."""

import gzip
import io
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.digits.idx import DatasetError, parse_idx
from core.digits.own_sets.folders_of_pictures import read_folders
from core.digits.own_sets.labelled import LabelledPictures, label_pictures
from core.digits.own_sets.limits import MAX_FILES, MAX_PICTURES, MAX_UNPACKED, OwnSetError, check_count
from core.digits.own_sets.npz_files import read_npz
from core.digits.own_sets.shrinking import Fit, shrink_array
from core.digits.own_sets.tables import read_csv, read_parquet
from core.system.archives import ArchiveError, read_files
from core.system.safe_names import to_safe_name

File = tuple[str, bytes]  # name or path in a zip, and content

IDX = {b"\0\0\x08\x03": (0x0803, ">u1"), b"\0\0\x08\x01": (0x0801, ">u1"), b"\0\0\x0c\x02": (0x0C02, ">i4")}
TEST = ("test", "t10k")  # what the names of files that are held out contain
GZIP, ZIP, PARQUET = b"\x1f\x8b", b"PK\x03\x04", b"PAR1"
KINDS = "a ZIP of folders with pictures, IDX files, or a CSV, NPZ or Parquet file"


def read_own_files(files: Sequence[File], fit: Fit = "whole", most: int = MAX_PICTURES) -> LabelledPictures:
    """Return the pictures, at most `most`, of a ZIP of folders (one a class), of IDX, or of a CSV, NPZ or Parquet file.

    IDX files may be several, packed by gzip, or in a ZIP; so may the others. Raises OwnSetError, and nothing else, for
    files that are damaged, too large, or no set.
    """
    try:
        return _read(files, fit, most)
    except ArchiveError as error:
        raise OwnSetError(f"The file {to_safe_name(files[0][0])!r} {error}.") from None
    except OwnSetError:
        raise
    except DatasetError as error:  # of `parse_idx`
        raise OwnSetError(str(error)) from None


def _read(files: Sequence[File], fit: Fit, most: int) -> LabelledPictures:
    if not files:
        raise OwnSetError(f"Choose {KINDS}.")
    if all(_begin(*file) in IDX for file in files):
        return _read_idx(_unpack(files), fit, most)
    if len(files) > 1:
        raise OwnSetError(f"Choose one file (only IDX files are several): {KINDS}.")
    ((name, content),) = _unpack(files)
    if content[:4] == ZIP:
        return _read_zip(name, content, fit, most)
    if content[:4] == PARQUET:
        return read_parquet(content, fit, most)
    if name.lower().endswith((".csv", ".tsv", ".txt")):
        return read_csv(content, fit, most)
    raise OwnSetError(f"The file {to_safe_name(name)!r} is not {KINDS}.")


def _read_zip(name: str, content: bytes, fit: Fit, most: int) -> LabelledPictures:
    """Return what is in a zip: arrays, files of another format, or folders with pictures."""
    if name.lower().endswith(".npz"):
        return read_npz(content, fit, most)
    inner = read_files(content, most_files=MAX_FILES, most_bytes=MAX_UNPACKED, most_per_file=MAX_UNPACKED)
    files = list(inner)
    if files and all(path.endswith(".npy") for path, _ in files):
        return read_npz(content, fit, most)
    tables = [file for file in files if _is_table(*file)]
    return _read(tables, fit, most) if tables else read_folders(files, fit, most)


def _is_table(path: str, content: bytes) -> bool:
    """Say whether a file in a zip is of another format than pictures; a zip in a zip is none, unless NumPy's."""
    begin, name = _begin(path, content), path.lower().removesuffix(".gz")
    return begin in (*IDX, PARQUET) or name.endswith(".npz") or (name.endswith(".csv") and begin != ZIP)


def _begin(name: str, content: bytes) -> bytes:
    """Return the first four bytes of a file, before gzip packed it. Raises OwnSetError."""
    return _gunzip(name, content, 4) if content[:2] == GZIP else content[:4]


def _unpack(files: Iterable[File]) -> Iterator[File]:
    """Yield all files, unpacked if gzip packed them; they share MAX_UNPACKED. Raises OwnSetError."""
    left = MAX_UNPACKED
    for name, content in files:
        found = _gunzip(name, content, left + 1) if content[:2] == GZIP else content
        left -= len(found)
        if left < 0:
            raise OwnSetError(f"What you chose unpacks to more than {MAX_UNPACKED >> 20} MB.")
        yield name.removesuffix(".gz"), found


def _gunzip(name: str, content: bytes, most: int) -> bytes:
    """Return the first `most` bytes that gzip packed. Raises OwnSetError."""
    try:
        with gzip.open(io.BytesIO(content)) as file:
            return file.read(most)
    except (OSError, EOFError, zlib.error):
        raise OwnSetError(f"The file {to_safe_name(name)!r} cannot be unpacked: it is damaged.") from None


def _read_idx(files: Iterable[File], fit: Fit, most: int) -> LabelledPictures:
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
    check_count(sum(map(len, pixels.values())), most)
    for half, values in pixels.items():
        if len(values) != len(labels[half]):
            counts = f"{len(values):,} pictures and {len(labels[half]):,} labels"
            raise OwnSetError(f"The IDX files hold {counts}, which do not match.")
    test = np.concatenate([np.full(len(values), half) for half, values in pixels.items()])
    flat = [labels[half] if labels[half].ndim == 1 else labels[half][:, :1].ravel() for half in pixels]
    shrunk = np.concatenate([shrink_array(values, fit) for values in pixels.values()])
    return label_pictures("IDX files", shrunk, np.concatenate(flat), test)
