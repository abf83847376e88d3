"""Arrays as a compressed NumPy file (.npz) in memory, and such files from outside as arrays."""

import io
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from core.system.archives import FAULTS, ArchiveError, read_files


def arrays_to_npz(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Return an .npz file with these arrays by name; nothing in it is pickled."""
    stream = io.BytesIO()
    np.savez_compressed(stream, allow_pickle=False, **arrays)
    return stream.getvalue()


def npz_to_arrays(content: bytes, *, most_files: int, most_bytes: int) -> dict[str, NDArray[Any]]:
    """Return the arrays in an .npz file by name. Raises ArchiveError, also for pickled objects.

    What the header of each array claims is compared with its bytes before memory is taken.
    """
    files = read_files(content, most_files=most_files, most_bytes=most_bytes, most_per_file=most_bytes + 1)
    return {name.removesuffix(".npy"): _to_array(name, array) for name, array in files if name.endswith(".npy")}


def _to_array(name: str, content: bytes) -> NDArray[Any]:
    stream = io.BytesIO(content)
    try:
        read = npy.read_array_header_1_0 if npy.read_magic(stream) == (1, 0) else npy.read_array_header_2_0
        shape, _, kind = read(stream)
        if kind.hasobject:
            raise ArchiveError(f"holds Python objects in {name!r}, which are never loaded")
        if kind.fields is not None or len(content) - stream.tell() != math.prod(shape) * kind.itemsize:
            raise ArchiveError
        stream.seek(0)
        found: NDArray[Any] = npy.read_array(stream, allow_pickle=False)
    except ArchiveError:
        raise
    except (*FAULTS, TypeError, SyntaxError, OverflowError, MemoryError):  # a header is parsed as Python's literals
        raise ArchiveError from None
    return found
