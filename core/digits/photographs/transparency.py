"""Transparent pictures: a sheet with a drawing on it, the ink itself, or a stencil, whose hole is the ink."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.digits.drawing import Array, crop_to_ink, levels
from core.digits.photographs.ink import MIN_CONTRAST
from core.digits.pictures import PictureError

FLAT = 0.15  # a span of brightness in which there is no drawing
SHEET = 0.8  # share of the box around it that a sheet fills
RIM, HOLE = 0.9, 0.01  # a stencil is opaque along so much of its border, and open over at least this share


def find_opaque_part(image: Image.Image) -> Image.Image | None:
    """Return the opaque part of an RGBA picture if it is a sheet with a drawing on it; None if the alpha is the ink.

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
    return Image.fromarray(whole).crop(Image.fromarray(opaque).getbbox())


def find_contrast(image: Image.Image) -> tuple[Array, Array]:
    """Return the picture in grey, and how opaque it is, both (H, W); of a stencil, how open it is inside its border."""
    alpha, brightness = levels(image.getchannel("A")), levels(image.convert("L"))
    opaque = alpha > alpha.max() / 2
    rows, columns = np.flatnonzero(opaque.any(axis=1)), np.flatnonzero(opaque.any(axis=0))
    inside = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    if _is_stencil(opaque[inside]):
        alpha, brightness = alpha[inside], brightness[inside]
        ground = np.float32(np.median(brightness[alpha > alpha.max() / 2]) < 0.5)
        return alpha * brightness + (1 - alpha) * ground, 1 - alpha / alpha.max()
    ground = np.float32(brightness[alpha > alpha.max() / 2].mean() < 0.5)
    return alpha * brightness + (1 - alpha) * ground, alpha


def _is_stencil(opaque: NDArray[np.bool_]) -> bool:
    border = np.concatenate([opaque[0], opaque[-1], opaque[:, 0], opaque[:, -1]])
    return bool(border.mean() > RIM and (~opaque).mean() > HOLE)
