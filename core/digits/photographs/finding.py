"""From a picture to the digits in it, step by step."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.digits.drawing import Array, Preparation, levels, normalise
from core.digits.photographs import sheet, transparency
from core.digits.photographs.cropping import Crop
from core.digits.photographs.geometry import Corners, project, rectangle
from core.digits.photographs.ink import clean_ink
from core.digits.photographs.light import contrast_with_paper, even_out
from core.digits.photographs.lines import remove_lines
from core.digits.photographs.pieces import Piece, cut_apart
from core.digits.pictures import from_array, limit

MIN_SIDE = 60  # pixels: a smaller picture shows no sheet and no printed lines
MARGIN = 0.2  # of a digit's long side: the paper around it in the part of the picture that holds it

WHOLE_PICTURE = Crop()

Steps = tuple[tuple[str, Array], ...]


@dataclass(frozen=True, eq=False)
class Finding:
    """The digits in a picture in reading order, and where they are in the ink that was found."""

    ink: Array
    digits: tuple[Preparation, ...]
    pieces: tuple[Piece, ...]
    steps: Steps
    corners: Corners
    """Where the corners (4, 2) of the ink lie, in percent of the picture's width and height."""

    @property
    def left_out(self) -> float:
        """The share of the ink that belongs to no digit."""
        return float(1 - sum(piece.weight for piece in self.pieces) / self.ink.sum())

    @property
    def heaviest(self) -> int:
        """The index of the digit with most ink."""
        return max(range(len(self.pieces)), key=lambda index: self.pieces[index].weight)

    def find_part(self, index: int) -> Crop:
        """Return the part of the picture, in whole percent, that holds the digit at `index` and paper around it."""
        box, (height, width) = self.pieces[index].box, self.ink.shape
        margin = MARGIN * max(box.width, box.height)
        around = rectangle(box.left - margin, box.top - margin, box.right + margin, box.bottom + margin)
        place = project(around, rectangle(0, 0, width, height), self.corners).clip(0, 100)
        (left, top), (right, bottom) = np.floor(place.min(axis=0)), np.ceil(place.max(axis=0))
        return Crop(left=float(left), right=float(right), top=float(top), bottom=float(bottom))


def find_digits(picture: Image.Image | NDArray[np.uint8], part: Crop = WHOLE_PICTURE) -> Finding:
    """Find every digit in a Pillow image or a uint8 array (H, W), (H, W, 3) or (H, W, 4). Raises PictureError.

    Ink may be darker or lighter than the paper, of another colour, all that is opaque, or the hole of a stencil.
    `part` is what was cropped by hand.
    """
    image = limit(part.apply(limit(picture if isinstance(picture, Image.Image) else from_array(picture))))
    size, corners = image.size, rectangle(0, 0, *image.size)
    if image.mode == "RGBA":
        opaque = transparency.find_opaque_part(image)
        if opaque is None:
            gray, contrast, corners = transparency.find_contrast(image)
            return _cut_apart(gray, clean_ink(contrast), (), corners / size)
        image, corners = opaque
    gray = levels(image.convert("L"))
    if min(image.size) < MIN_SIDE:
        return _cut_apart(gray, clean_ink(contrast_with_paper(_brightness(image))), (), corners / size)
    image, steps, inner = _straightened(image)
    contrast = even_out(_brightness(image))
    steps += (("Light evened out", (1 - contrast).clip(0, 1)),)
    contrast, found = remove_lines(contrast)
    if found:
        steps += (("Printed lines removed", (1 - contrast).clip(0, 1)),)
    return _cut_apart(gray, clean_ink(contrast), steps, (corners[0] + inner) / size)


def to_digit(picture: Image.Image | NDArray[np.uint8]) -> Array:
    """Return the 28x28 digit with most ink in a picture; see `find_digits`."""
    finding = find_digits(picture)
    return finding.digits[finding.heaviest].digit


def _straightened(image: Image.Image) -> tuple[Image.Image, Steps, Corners]:
    """Return the sheet, the step to it, and its corners in the picture; the whole picture where there is no sheet."""
    pixels = np.asarray(image.convert("RGB"))
    corners = sheet.find_sheet(pixels)
    if corners is None:
        return image, (), rectangle(0, 0, *image.size)
    pixels, inner = sheet.straighten(pixels, corners)
    straight = Image.fromarray(pixels)
    return straight, (("Sheet straightened", levels(straight.convert("L"))),), inner


def _cut_apart(gray: Array, ink: Array, steps: Steps, corners: NDArray[np.floating]) -> Finding:
    """Return the digits in the ink; `corners` are its own, in shares of the picture's width and height."""
    pieces, labels = cut_apart(ink)
    digits = tuple(normalise(gray, ink, piece.cut_out(ink, labels), steps) for piece in pieces)
    return Finding(ink, digits, tuple(pieces), steps, np.asarray(100 * corners, np.float32))


def _brightness(image: Image.Image) -> Array:
    """Return the brightness, or the colour channel where the ink has far more contrast (red on green)."""

    def spread(channel: Image.Image) -> int:
        return int(np.ptp(np.asarray(channel.reduce(-(-max(image.size) // 250)))))

    gray, best = image.convert("L"), max(image.split(), key=spread)
    return levels(best if spread(best) > 1.5 * spread(gray) else gray)
