"""Transparent pictures: a sheet with a drawing on it, the ink itself, or a stencil, whose hole is the ink."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.digits.drawing import Array, crop_to_ink, levels
from core.digits.photographs.geometry import Corners, rectangle
from core.digits.photographs.ink import MIN_CONTRAST
from core.digits.pictures import PictureError

FLAT = 0.15  # a span of brightness in which there is no drawing
SHEET = 0.8  # share of the box around it that a sheet fills
RIM, HOLE = 0.9, 0.01  # a stencil is opaque along so much of its border, and open over at least this share


def find_opaque_part(image: Image.Image) -> tuple[Image.Image, Corners] | None:
    """Return the opaque part of an RGBA picture and its corners (4, 2) if it is a sheet with a drawing on it.

    None: the alpha is the ink.

    Raises PictureError.
    """
    alpha = levels(image.getchannel("A"))
    if alpha.max() < MIN_CONTRAST:
        raise PictureError("The picture is fully transparent.")
    opaque = alpha > alpha.max() / 2
    shades = np.percentile(levels(image.convert("L"))[opaque], (1, 99))
    filled = crop_to_ink(opaque.astype(np.float32)).mean()
    if np.ptp(alpha) > MIN_CONTRAST and (filled < SHEET or np.ptp(shades) < FLAT):
        return None
    rgb = np.asarray(image)[..., :3]
    whole = np.where(opaque[..., None], rgb, np.median(rgb[opaque], axis=0).astype(np.uint8))
    box = _box(opaque)
    return Image.fromarray(whole).crop(box), rectangle(*box)


def find_contrast(image: Image.Image) -> tuple[Array, Array, Corners]:
    """Return the picture in grey, and how opaque it is, both (H, W), and their corners (4, 2) in the picture.

    Of a stencil, only what is inside its border, and how open it is.
    """
    alpha, brightness = levels(image.getchannel("A")), levels(image.convert("L"))
    opaque = alpha > alpha.max() / 2
    left, top, right, bottom = _box(opaque)
    inside = np.s_[top:bottom, left:right]
    if _is_stencil(opaque[inside]):
        alpha, brightness = alpha[inside], brightness[inside]
        ground = np.float32(np.median(brightness[alpha > alpha.max() / 2]) < 0.5)
        return alpha * brightness + (1 - alpha) * ground, 1 - alpha / alpha.max(), rectangle(left, top, right, bottom)
    ground = np.float32(brightness[alpha > alpha.max() / 2].mean() < 0.5)
    return alpha * brightness + (1 - alpha) * ground, alpha, rectangle(0, 0, *image.size)


def _box(opaque: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of what is opaque."""
    rows, columns = np.flatnonzero(opaque.any(axis=1)), np.flatnonzero(opaque.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _is_stencil(opaque: NDArray[np.bool_]) -> bool:
    border = np.concatenate([opaque[0], opaque[-1], opaque[:, 0], opaque[:, -1]])
    return bool(border.mean() > RIM and (~opaque).mean() > HOLE)
