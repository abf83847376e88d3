"""Even out light and shadow: how far each pixel is from the paper around it."""

from typing import Any

import cv2
import numpy as np
from PIL import Image
from scipy import ndimage

from core.digits.drawing import Array, resize

STRONG = 0.6  # of the highest contrast: surely ink


def even_out(gray: Array) -> Array:
    """Return how far each pixel is from the paper around it, in the direction of the ink; a shadow is paper too."""
    contrast = contrast_with_paper(gray)
    smooth = cv2.GaussianBlur(contrast, (0, 0), max(0.5, max(contrast.shape) / 600))
    strong = np.asarray(smooth > STRONG * np.percentile(smooth, 99.8), np.uint8)
    widest = 2 * float(cv2.distanceTransform(np.pad(strong, 1), cv2.DIST_L2, 5).max())
    size = round(1.3 * widest) + 3
    if size > 0.5 * min(contrast.shape):
        return contrast
    # Ink is nowhere as wide as the square, so what an opening leaves is shadow; it keeps straight edges as they are.
    square = np.ones((size, size), np.uint8)
    opened = cv2.morphologyEx(smooth, cv2.MORPH_OPEN, square, borderType=cv2.BORDER_CONSTANT, borderValue=(0.0,))
    shadow = opened.clip(0, 0.9)
    return np.asarray((contrast - shadow) / (1 - shadow), np.float32)


def contrast_with_paper(gray: Array) -> Array:
    """Return how far each pixel is from the paper around it, in the direction of the ink; about 0 on paper."""
    small = np.asarray(Image.fromarray(gray).reduce(-(-max(gray.shape) // 128)))
    small = ndimage.gaussian_filter(small, max(small.shape) / 100)  # else the closing would follow the brightest noise
    surface = _surface_through_border(small)
    dark_ink = _is_darker(small - surface)
    if not dark_ink:
        gray, small, surface = 1 - gray, 1 - small, 1 - surface
    # A closing wider than any stroke fills the ink with the paper next to it. Both closings
    # mistake some light for ink, a gradient near the border or the edge of a shadow, but seldom at the same place.
    closing: dict[str, Any] = {"size": round(0.3 * max(small.shape)), "mode": "nearest"}
    level = surface + ndimage.grey_closing(small - surface, **closing)
    paper = resize(np.minimum(level, ndimage.grey_closing(small, **closing)), gray.shape)
    # Uneven light changes paper and dark ink by the same factor, so their ratio stays even.
    contrast = 1 - gray / np.maximum(paper, 0.1) if dark_ink else paper - gray
    return contrast.astype(np.float32, copy=False)


def _is_darker(residual: Array) -> bool:
    """Return whether the ink is darker than the paper; cubed, ink outweighs a wide faint shadow or spot."""
    sharp = residual - ndimage.gaussian_filter(residual, 0.15 * max(residual.shape), mode="constant")
    return bool((sharp**3).sum() <= 0)


def _surface_through_border(small: Array) -> Array:
    """Fit a quadratic surface to the border, which is mostly paper; least absolute error ignores ink there."""
    y, x = (axis / max(small.shape) for axis in np.indices(small.shape))
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)
    border = np.ones(small.shape, bool)
    rim = -(-max(small.shape) // 40)
    border[rim:-rim, rim:-rim] = False
    seen, at = small[border], terms[border]
    weights = np.ones_like(seen)
    for _ in range(10):  # iteratively reweighted least squares
        fitted = np.linalg.lstsq(at * weights[:, None], seen * weights, rcond=None)[0]
        weights = 1 / np.sqrt(np.abs(seen - at @ fitted) + 1e-3)
    return (terms @ fitted).astype(np.float32)
