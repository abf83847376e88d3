"""What can be measured of a 28x28 digit: stroke width, size, proportion, slant and centre."""

import numpy as np
from scipy import ndimage

from core.digits.drawing import FRAME, Array, crop_to_ink, stroke_width

MEASURES = {  # name -> unit
    "stroke width": "pixels",
    "size": "pixels",
    "width to height": "",
    "slant": "degrees",
    "off centre": "pixels",
}


def measure(digit: Array) -> dict[str, float]:
    """Return the measures of a digit (28, 28) in [0, 1] by name.

    Size is the long side of the ink's box; slant is positive to the right; off centre is the distance of the centre of
    mass from pixel (14, 14). Raises ValueError for a digit without ink.
    """
    if not digit.any():
        raise ValueError("A digit without ink has no measures.")
    height, width = crop_to_ink(digit).shape
    mass = ndimage.center_of_mass(digit)
    return {
        "stroke width": stroke_width(digit),
        "size": float(max(height, width)),
        "width to height": width / height,
        "slant": slant(digit),
        "off centre": float(np.hypot(mass[0] - FRAME / 2, mass[1] - FRAME / 2)),
    }


def slant(digit: Array) -> float:
    """Return by how many degrees the digit leans to the right: the shear that its second moments show."""
    rows, columns = np.indices(digit.shape)
    row, column = ndimage.center_of_mass(digit)
    down = float((digit * (rows - row) ** 2).sum())
    across = float((digit * (rows - row) * (columns - column)).sum())
    return float(np.degrees(np.arctan2(-across, max(down, 1e-6))))


def sheared(digit: Array, degrees: float) -> Array:
    """Return the digit leaning so many degrees further to the right, about its centre of mass."""
    row, column = ndimage.center_of_mass(digit)
    lean = np.tan(np.radians(degrees))
    matrix = np.array([[1.0, 0.0], [lean, 1.0]])
    moved = ndimage.affine_transform(digit, matrix, offset=(0.0, -lean * row), order=1)
    return np.asarray(moved.clip(0, 1), np.float32)
