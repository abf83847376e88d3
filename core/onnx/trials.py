"""Pictures for the first try of a network from outside: nothing, ink everywhere, a seven, and noise."""

import numpy as np
from numpy.typing import NDArray

from core.onnx.description import SIDE


def trial_digits() -> NDArray[np.float32]:
    """Return the pictures, `(4, 28, 28)` from 0 to 1."""
    seven = np.zeros((SIDE, SIDE), np.float32)
    seven[5:8, 7:21] = 1
    for row in range(8, 23):
        column = 20 - (row - 8) // 2
        seven[row, column - 2 : column + 1] = 1
    noise = np.random.default_rng(0).random((SIDE, SIDE), np.float32)
    return np.stack([np.zeros_like(seven), np.ones_like(seven), seven, noise])
