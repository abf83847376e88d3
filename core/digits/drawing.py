"""Any picture -> a digit as MNIST was made: find the ink, crop, fit into 20x20, centre by mass in 28x28.

A picture is a Pillow image or a uint8 array. The result of each step is kept, so that a page can show it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from core.digits.pictures import PictureError, from_array, limit

Array = NDArray[np.float32]

BOX, FRAME = 20, 28
MIN_CONTRAST = 0.06  # above the texture of real paper, below a hard pencil
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

    @property
    def steps(self) -> list[tuple[str, Array]]:
        """All steps in order, each with a caption."""
        captions = ("Original", "Ink found", "Cropped to the ink", "Fitted into 20 × 20", "Centred by mass in 28 × 28")
        return list(zip(captions, (self.gray, self.ink, self.cropped, self.fitted, self.digit), strict=True))


def prepare(picture: Image.Image | NDArray[np.uint8]) -> Preparation:
    """Turn a Pillow image or a uint8 array (H, W), (H, W, 3) or (H, W, 4) into a digit.

    Ink may be darker or lighter than the paper, of another colour, or all that is opaque. Raises PictureError.
    """
    image = limit(picture if isinstance(picture, Image.Image) else from_array(picture))
    if image.mode == "RGBA":
        sheet = _sheet(image)
        if sheet is None:
            return _from_alpha(image)
        image = sheet
    gray = _brightness(image)
    return _prepared(gray, clean_ink(contrast_with_paper(gray)))


def prepare_strokes(ink: NDArray[np.uint8]) -> Preparation:
    """Turn the ink of a canvas, uint8 (H, W), into a digit; only specks are removed. Raises PictureError."""
    if not isinstance(ink, np.ndarray) or ink.dtype != np.uint8 or ink.ndim != 2 or not ink.size:
        raise PictureError("A drawing must be a table of levels from 0 to 255.")
    if not ink.any():
        raise PictureError("We found no digit in this picture.")
    levels = _levels(Image.fromarray(ink).reduce(max(1, min(ink.shape) // 140)))  # finer than 28x28 can show
    levels /= levels.max()
    if (levels > 0.5).mean() > 0.9:
        raise PictureError("The picture is full of ink; leave some paper around the digit.")
    return _prepared(levels, _without_specks(levels))


def _without_specks(levels: Array) -> Array:
    """Remove small touches made by mistake; they are found at half the resolution."""
    small = np.asarray(Image.fromarray(levels).reduce(2))
    labels, count = ndimage.label(small > 0, structure=np.ones((3, 3)))
    if count < 2:
        return levels
    weights = np.bincount(labels.ravel(), weights=small.ravel())
    kept = (weights >= MIN_PIECE * weights.max())[labels].repeat(2, 0).repeat(2, 1)
    return levels * kept[: levels.shape[0], : levels.shape[1]]


def to_digit(picture: Image.Image | NDArray[np.uint8]) -> Array:
    """Return the 28x28 digit in a picture; see `prepare`."""
    return prepare(picture).digit


def contrast_with_paper(gray: Array) -> Array:
    """Return how far each pixel is from the paper around it, in the direction of the ink; about 0 on paper."""
    small = np.asarray(Image.fromarray(gray).reduce(-(-max(gray.shape) // 128)))
    small = ndimage.gaussian_filter(small, max(small.shape) / 100)  # else the closing would follow the brightest noise
    surface = _surface_through_border(small)
    dark_ink = _is_darker(small - surface)
    if not dark_ink:
        gray, small, surface = 1 - gray, 1 - small, 1 - surface
    # A closing wider than any stroke fills the ink with the paper next to it. Near the border it mistakes a gradient of
    # light for ink; without the surface it mistakes a shadow's edge for ink. They seldom err at the same place.
    closing: dict[str, Any] = {"size": round(0.3 * max(small.shape)), "mode": "nearest"}
    level = surface + ndimage.grey_closing(small - surface, **closing)
    paper = _resized(np.minimum(level, ndimage.grey_closing(small, **closing)), gray.shape)
    # Uneven light changes paper and dark ink by the same factor, so their ratio stays even.
    contrast = 1 - gray / np.maximum(paper, 0.1) if dark_ink else paper - gray
    return contrast.astype(np.float32, copy=False)


def clean_ink(contrast: Array) -> Array:
    """Stretch contrast so that paper and noise are exactly 0 and ink is 1, with soft edges; remove specks."""
    if (contrast > 0.5).mean() > 0.9:
        raise PictureError("The picture is full of ink; leave some paper around the digit.")
    smooth = ndimage.gaussian_filter(contrast, max(contrast.shape) / 500)
    paper, noise = _paper_level(smooth)
    labels, count = ndimage.label(smooth > paper + max(MIN_CONTRAST, 4 * noise), structure=np.ones((3, 3)))
    # The highest of a million samples of pure noise is about 5 times its spread.
    if not count or smooth.max() - paper < 7 * noise:
        raise PictureError("We found no digit in this picture.")
    weights = np.bincount(labels.ravel(), weights=(smooth - paper).ravel() ** 3)  # cubed: dark ink, not faint shadow
    weights[0] = 0
    full = np.percentile(contrast[labels == weights.argmax()], 85)
    floor = paper + max(0.1 * (full - paper), 3 * noise)
    kept = (weights >= MIN_PIECE * weights.max())[labels]
    ink = np.where(kept, ((contrast - floor) / max(full - floor, 1e-3)).clip(0, 1), 0).astype(np.float32)
    if not ink.any():
        raise PictureError("We found no digit in this picture.")
    return ink


def crop(ink: Array) -> Array:
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
        cropped = crop(_thickened(cropped, by=2 * (USUAL_STROKE - width)))
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


def _prepared(gray: Array, ink: Array) -> Preparation:
    cropped = crop(ink)
    fitted = fit(cropped)
    return Preparation(gray=gray, ink=ink, cropped=cropped, fitted=fitted, digit=centre(fitted))


def _from_alpha(image: Image.Image) -> Preparation:
    """Use the opaque pixels as ink; show them on white, or on black if they are light."""
    alpha, brightness = _levels(image.getchannel("A")), _levels(image.convert("L"))
    ink = clean_ink(alpha)
    ground = np.float32(brightness[ink > 0].mean() < 0.5)
    return _prepared(alpha * brightness + (1 - alpha) * ground, ink)


def _levels(image: Image.Image) -> Array:
    return np.asarray(image, np.float32) / np.float32(255)


def _brightness(image: Image.Image) -> Array:
    """Return the brightness, or the colour channel where the ink has far more contrast (red on green)."""

    def spread(channel: Image.Image) -> int:
        return int(np.ptp(np.asarray(channel.reduce(-(-max(image.size) // 250)))))

    gray, best = image.convert("L"), max(image.split(), key=spread)
    return _levels(best if spread(best) > 1.5 * spread(gray) else gray)


def _sheet(image: Image.Image) -> Image.Image | None:
    """Return the opaque part if it is a sheet with a drawing on it; None if it is the ink itself."""
    alpha = _levels(image.getchannel("A"))
    if alpha.max() < MIN_CONTRAST:
        raise PictureError("The picture is fully transparent.")
    opaque = alpha > alpha.max() / 2
    box = crop(opaque.astype(np.float32))
    shades = np.percentile(_levels(image.convert("L"))[opaque], (1, 99))
    if np.ptp(alpha) > MIN_CONTRAST and (box.mean() < 0.8 or np.ptp(shades) < 0.15):
        return None
    rgb = np.asarray(image)[..., :3]
    filled = np.where(opaque[..., None], rgb, np.median(rgb[opaque], axis=0).astype(np.uint8))
    return Image.fromarray(filled).crop(Image.fromarray(opaque).getbbox())


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


def _paper_level(smooth: Array) -> tuple[float, float]:
    """Return the median and the spread of the paper's contrast: about 0, and the noise."""
    paper = smooth[smooth <= smooth.max() / 2]
    if not paper.size:
        return 0.0, 0.0
    level = np.median(paper)
    return float(level), float(1.4826 * np.median(np.abs(paper - level)))


def _thickened(ink: Array, by: float) -> Array:
    """Widen strokes by `by` pixels on each side of a grid four times finer than the 20x20 box."""
    step = -(-max(ink.shape) // (4 * BOX))
    solid = _scaled(ndimage.maximum_filter(np.pad(ink, step), step), 4 * BOX) > 0.5  # keeps thin strokes
    distance = ndimage.distance_transform_edt(~np.pad(solid, int(by) + 2))
    return (by + 1 - distance).clip(0, 1).astype(np.float32)


def _scaled(ink: Array, long_side: int) -> Array:
    scale = long_side / max(ink.shape)
    return _resized(ink, (max(1, round(ink.shape[0] * scale)), max(1, round(ink.shape[1] * scale))))


def _resized(values: Array, shape: tuple[int, ...]) -> Array:
    resized = Image.fromarray(values).resize((shape[1], shape[0]), Image.Resampling.HAMMING)
    return np.asarray(resized, np.float32)
