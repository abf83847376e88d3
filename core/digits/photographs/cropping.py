"""Crop and rotate a picture by hand, where what is found by itself is not what was meant."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from core.digits.pictures import PictureError

MIN_SIDE = 8  # pixels


@dataclass(frozen=True)
class Crop:
    """A part of a picture, in percent of its width and height, turned clockwise by some degrees after it is cut out."""

    turn: float = 0.0
    left: float = 0.0
    right: float = 100.0
    top: float = 0.0
    bottom: float = 100.0

    def box(self, size: tuple[int, int]) -> tuple[int, int, int, int]:
        """Return left, top, right and bottom in pixels of a picture of this width and height."""
        width, height = (side / 100 for side in size)
        left, right = round(self.left * width), round(self.right * width)
        return left, round(self.top * height), right, round(self.bottom * height)

    def apply(self, image: Image.Image) -> Image.Image:
        """Return the part; what turning uncovers has the colour of its border. Raises PictureError."""
        if self == Crop():
            return image
        left, top, right, bottom = self.box(image.size)
        if right - left < MIN_SIDE or bottom - top < MIN_SIDE:
            raise PictureError("The cropped part is too small; choose a larger one.")
        part = image.crop((left, top, right, bottom))
        return part.rotate(-self.turn, Image.Resampling.BICUBIC, expand=True, fillcolor=_border_colour(part))


def _border_colour(image: Image.Image) -> tuple[int, ...]:
    pixels = np.asarray(image)
    pixels = pixels.reshape(*pixels.shape[:2], -1)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    return tuple(int(level) for level in np.median(border, axis=0))
