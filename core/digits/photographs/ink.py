"""Find the ink in the contrast with the paper."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from core.digits.drawing import MIN_PIECE, NO_DIGIT, Array, check_not_full
from core.digits.pictures import PictureError

MIN_CONTRAST = 0.06  # above the texture of real paper, below a hard pencil
RIM = 0.03  # of the long side: what lies so near the border is no ink


def clean_ink(contrast: Array) -> Array:
    """Stretch contrast so that paper and noise are exactly 0 and ink is 1, with soft edges; remove specks."""
    check_not_full(contrast)
    smooth = smoothed(contrast)
    paper, noise = paper_level(smooth)
    labels, count = ndimage.label(smooth > faintest_ink(smooth), structure=np.ones((3, 3)))
    # The highest of a million samples of pure noise is about 5 times its spread.
    if not count or smooth.max() - paper < 7 * noise:
        raise PictureError(NO_DIGIT)
    cubes = (smooth - paper).ravel() ** 3  # cubed: dark ink, not faint shadow
    weights = np.asarray(np.bincount(labels.ravel(), weights=cubes), np.float64)
    weights[0] = 0
    full = np.percentile(contrast[labels == weights.argmax()], 85)
    floor = paper + max(0.1 * (full - paper), 3 * noise)
    weights = _without_rim(labels, weights)
    weights = np.where(_is_shadow(contrast, labels, 0.6 * full), 0, weights)
    kept = (weights >= MIN_PIECE * weights.max())[labels]
    ink = np.where(kept, ((contrast - floor) / max(full - floor, 1e-3)).clip(0, 1), 0).astype(np.float32)
    if not ink.any():
        raise PictureError(NO_DIGIT)
    return ink


def _without_rim(labels: NDArray[np.int32], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Set the weight of what lies along the border to 0, unless nothing else is there: the ground, or a frame."""
    margin = max(2, round(RIM * max(labels.shape)))
    inner = np.bincount(labels[margin:-margin, margin:-margin].ravel(), minlength=len(weights))
    along = inner < 0.3 * np.bincount(labels.ravel(), minlength=len(weights))
    return np.where(along, 0, weights) if weights[~along].any() else weights


def _is_shadow(contrast: Array, labels: NDArray[np.int32], darkest: float) -> NDArray[np.bool_]:
    """Return for each label whether it touches the border and is fainter than ink: the rest of a shadow."""
    sizes = np.bincount(labels.ravel())
    mean = np.bincount(labels.ravel(), weights=contrast.ravel(), minlength=len(sizes)) / np.maximum(sizes, 1)
    border = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    return np.asarray(np.isin(np.arange(len(sizes)), border) & (mean < darkest), np.bool_)


def smoothed(contrast: Array) -> Array:
    """Return the contrast without the noise of single pixels."""
    return np.asarray(ndimage.gaussian_filter(contrast, max(contrast.shape) / 500), np.float32)


def faintest_ink(smooth: Array) -> float:
    """Return the contrast above which a pixel is ink and no noise."""
    paper, noise = paper_level(smooth)
    return paper + max(MIN_CONTRAST, 4 * noise)


def paper_level(smooth: Array) -> tuple[float, float]:
    """Return the median and the spread of the paper's contrast: about 0, and the noise."""
    paper = smooth[smooth <= smooth.max() / 2]
    if not paper.size:
        return 0.0, 0.0
    level = np.median(paper)
    return float(level), float(1.4826 * np.median(np.abs(paper - level)))
