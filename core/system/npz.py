"""Arrays as a compressed NumPy file (.npz) in memory."""

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


def arrays_to_npz(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Return an .npz file with these arrays by name; nothing in it is pickled."""
    stream = io.BytesIO()
    np.savez_compressed(stream, allow_pickle=False, **arrays)
    return stream.getvalue()
