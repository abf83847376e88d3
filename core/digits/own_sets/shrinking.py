"""Pictures of any size -> 28x28: as a whole on a margin, or the square in their middle."""

import math
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from core.digits.own_sets.limits import MAX_SIDE, OwnSetError
from core.system import interrupts

SIDE = 28
Fit = Literal["whole", "crop"]
Pixels = NDArray[np.uint8]

CHUNK_PIXELS = 10**6  # between two checks whether the work has to end; they are numbers of 4 bytes meanwhile


def shrink_picture(picture: Image.Image, fit: Fit) -> Pixels:
    """Return a picture as uint8 (28, 28): gray, on white where it is transparent.

    `fit`: "whole" adds a margin in the colour of the picture's border, "crop" takes the largest square in its middle.
    """
    if picture.mode == "RGBA":
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    gray = picture.convert("L")
    if gray.size == (SIDE, SIDE):
        return np.asarray(gray)
    if fit == "crop":
        return np.asarray(ImageOps.fit(gray, (SIDE, SIDE), Image.Resampling.HAMMING))
    border = int(np.median(find_border(np.asarray(gray)[None])))
    return np.asarray(ImageOps.pad(gray, (SIDE, SIDE), Image.Resampling.HAMMING, color=border))


def shrink_array(values: NDArray[Any], fit: Fit) -> Pixels:
    """Return pictures in one of the usual shapes and value ranges as uint8 (n, 28, 28). Raises OwnSetError."""
    pictures, rescale = to_pictures(values), _find_range(values)
    shrunk = np.empty((len(pictures), SIDE, SIDE), np.uint8)
    chunk = max(1, CHUNK_PIXELS // math.prod(pictures.shape[1:]))
    for start in range(0, len(pictures), chunk):
        interrupts.check()
        part = rescale(pictures[start : start + chunk])
        same = part.shape[1:] == (SIDE, SIDE)
        shrunk[start : start + chunk] = part if same else [shrink_picture(Image.fromarray(one), fit) for one in part]
    return shrunk


def to_pictures(values: NDArray[Any]) -> NDArray[Any]:
    """Return a view of pictures as (n, height, width), or with 3 or 4 channels last. Raises OwnSetError."""
    shape = values.shape
    if values.ndim == 2 and (side := round(shape[1] ** 0.5)) ** 2 == shape[1]:
        pictures = values.reshape(-1, side, side)
    elif values.ndim == 4 and shape[3] in (1, 3, 4):
        pictures = values[..., 0] if shape[3] == 1 else values
    elif values.ndim == 4 and shape[1] in (1, 3):
        pictures = values[:, 0] if shape[1] == 1 else values.transpose(0, 2, 3, 1)
    elif values.ndim == 3:
        pictures = values
    else:
        raise OwnSetError(
            f"Pictures of the shape {shape} are not known: use (n, 28, 28), (n, 28, 28, 1), (n, 1, 28, 28) or (n, 784)."
        )
    if not 0 < min(pictures.shape[1:3]) <= max(pictures.shape[1:3]) <= MAX_SIDE:
        height, width = pictures.shape[1:3]
        raise OwnSetError(f"The pictures have {height} x {width} pixels; a side may have 1 to {MAX_SIDE:,}.")
    return pictures


def _find_range(values: NDArray[Any]) -> Callable[[NDArray[Any]], Pixels]:
    """Return what turns values into 0 to 255, by the least and the greatest of all of them. Raises OwnSetError."""
    if values.dtype.kind not in "buif":
        raise OwnSetError("The pixels are not numbers.")
    least, most = (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
    if 0 <= least and most <= 1:  # also true and false
        return lambda part: np.rint(part.astype(np.float32) * 255).astype(np.uint8)
    if -1 <= least < 0 and most <= 1:
        return lambda part: np.rint((part.astype(np.float32) + 1) * 127.5).astype(np.uint8)
    if 0 <= least and most <= 255:
        return lambda part: np.rint(part).astype(np.uint8)
    raise OwnSetError(f"The pixels go from {least:g} to {most:g}: they must be from 0 to 1, or from 0 to 255.")


def find_border(pixels: Pixels) -> Pixels:
    """Return the pixels at the border of each picture, (n, height, width) -> (n, number)."""
    return np.concatenate([pixels[:, 0], pixels[:, -1], pixels[:, :, 0], pixels[:, :, -1]], axis=1)


def is_on_light(pixels: Pixels) -> bool:
    """Say whether most pictures (n, 28, 28) have a light border: dark ink on paper, which networks read inverted."""
    return bool((np.median(find_border(pixels), axis=1) > 127).mean() > 0.5)
