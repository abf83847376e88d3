"""Ink -> a digit as MNIST was made: crop, fit into 20x20, centre by mass in 28x28.

The ink is drawn on a canvas, or `photographs` has found it. The result of each step is kept, for a page to show.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from core.digits.pictures import PictureError

Array = NDArray[np.float32]  # a picture (H, W) in [0, 1], or several (n, H, W)

NO_DIGIT = "We found no digit in this picture."
BOX, FRAME = 20, 28
# As `stroke_width` measures, 99 in 100 MNIST digits are wider than 1.39 pixels, and half of them wider than 2.2.
THIN_STROKE, USUAL_STROKE = 1.3, 1.9
MIN_PIECE = 0.04  # share of the heaviest piece of ink: the loose bar of a 5 is heavier, a speck of dust lighter


@dataclass(frozen=True, eq=False)
class Preparation:
    """The steps from a picture to a digit: each is float32, 2-D, in [0, 1]."""

    gray: Array  # the picture; paper may be light or dark
    ink: Array  # from here on ink is 1 and background exactly 0
    cropped: Array
    fitted: Array  # at most 20x20
    digit: Array  # 28x28
    search: tuple[tuple[str, Array], ...] = ()  # a photograph's steps from `gray` to `ink`, each with a caption

    @property
    def steps(self) -> list[tuple[str, Array]]:
        """All steps in order, each with a caption."""
        captions = ("Ink found", "Cropped to the ink", "Fitted into 20 × 20", "Centred by mass in 28 × 28")
        after = zip(captions, (self.ink, self.cropped, self.fitted, self.digit), strict=True)
        return [("Original", self.gray), *self.search, *after]


def prepare_strokes(ink: NDArray[np.uint8]) -> Preparation:
    """Turn the ink of a canvas, uint8 (H, W), into a digit; only specks are removed. Raises PictureError."""
    if not isinstance(ink, np.ndarray) or ink.dtype != np.uint8 or ink.ndim != 2 or not ink.size:
        raise PictureError("A drawing must be a table of levels from 0 to 255.")
    if not ink.any():
        raise PictureError(NO_DIGIT)
    drawn = levels(Image.fromarray(ink).reduce(max(1, min(ink.shape) // 140)))  # finer than 28x28 can show
    drawn /= drawn.max()
    check_not_full(drawn)
    return normalise(drawn, _without_specks(drawn))


def check_not_full(ink: Array) -> None:
    """Raise PictureError where nearly all is ink."""
    if (ink > 0.5).mean() > 0.9:
        raise PictureError("The picture is full of ink; leave some paper around the digit.")


def _without_specks(ink: Array) -> Array:
    """Remove small touches made by mistake; they are found at half the resolution."""
    small = np.asarray(Image.fromarray(ink).reduce(2))
    labels, count = ndimage.label(small > 0, structure=np.ones((3, 3)))
    if count < 2:
        return ink
    weights = np.bincount(labels.ravel(), weights=small.ravel())
    kept = (weights >= MIN_PIECE * weights.max())[labels].repeat(2, 0).repeat(2, 1)
    return ink * kept[: ink.shape[0], : ink.shape[1]]


def crop_to_ink(ink: Array) -> Array:
    """Crop to the bounding box of the ink."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def fit(cropped: Array) -> Array:
    """Scale to a long side of 20 pixels, keeping proportions; strokes that are too thin are thickened first.

    Levels are whole 255ths as in MNIST, so that a link or a file holds exactly the same digit.
    """
    width = stroke_width(_scaled(cropped, 4 * BOX)) / 4
    if width < THIN_STROKE:
        # A 3-pixel pen in a 1000-pixel picture would leave a faint hairline, which MNIST never has.
        cropped = crop_to_ink(_thickened(cropped, by=2 * (USUAL_STROKE - width)))
    fitted = _scaled(cropped, BOX)
    return np.rint(fitted / fitted.max() * 255) / np.float32(255)


def stroke_width(ink: Array) -> float:
    """Return the mean width of strokes in pixels: twice their area over the length of their outline."""
    padded = np.pad(ink, 1)
    outline = np.hypot(np.diff(padded, axis=0)[:, :-1], np.diff(padded, axis=1)[:-1]).sum()
    return float(2 * ink.sum() / max(outline, 1e-6))


def centre(fitted: Array) -> Array:
    """Put a digit of at most 20x20 into 28x28 so that its centre of mass falls on pixel (14, 14).

    In MNIST the centre of mass, in pixel indices, is always between 13.5 and 14.5: 14 and a whole-pixel shift.
    """
    mass = ndimage.center_of_mass(fitted)
    height, width = fitted.shape
    top = min(max(round(FRAME / 2 - mass[0]), 0), FRAME - height)
    left = min(max(round(FRAME / 2 - mass[1]), 0), FRAME - width)
    return np.pad(fitted, ((top, FRAME - height - top), (left, FRAME - width - left)))


def normalise(
    gray: Array, ink: Array, cut_out: Array | None = None, search: tuple[tuple[str, Array], ...] = ()
) -> Preparation:
    """Turn ink (H, W) with a background of exactly 0 into a digit; `gray` is the picture that it was found in.

    `cut_out`: the digit's part of the ink, where there is more.
    """
    cropped = crop_to_ink(ink if cut_out is None else cut_out)
    fitted = fit(cropped)
    return Preparation(gray, ink, cropped, fitted, centre(fitted), search)


def levels(image: Image.Image) -> Array:
    """Return a picture of mode L as float32 (H, W) in [0, 1]."""
    return np.asarray(image, np.float32) / np.float32(255)


def _thickened(ink: Array, by: float) -> Array:
    """Widen strokes by `by` pixels on each side of a grid four times finer than the 20x20 box."""
    step = -(-max(ink.shape) // (4 * BOX))
    solid = _scaled(ndimage.maximum_filter(np.pad(ink, step), step), 4 * BOX) > 0.5  # keeps thin strokes
    distance = ndimage.distance_transform_edt(~np.pad(solid, int(by) + 2))
    return (by + 1 - distance).clip(0, 1).astype(np.float32)


def _scaled(ink: Array, long_side: int) -> Array:
    scale = long_side / max(ink.shape)
    return resize(ink, (max(1, round(ink.shape[0] * scale)), max(1, round(ink.shape[1] * scale))))


def resize(values: Array, shape: tuple[int, ...]) -> Array:
    """Return float32 values (H, W) at another (height, width)."""
    resized = Image.fromarray(values).resize((shape[1], shape[0]), Image.Resampling.HAMMING)
    return np.asarray(resized, np.float32)
