"""Crop and rotate a picture by hand, where what is found by itself is not what was meant."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from core.digits.pictures import PictureError

MIN_SIDE = 8  # pixels


@dataclass(frozen=True)
class Crop:
    """A part of a picture, in percent of its width and height, after it was turned clockwise by some degrees."""

    turn: float = 0.0
    left: float = 0.0
    right: float = 100.0
    top: float = 0.0
    bottom: float = 100.0

    def apply(self, image: Image.Image) -> Image.Image:
        """Return the part; what turning uncovers has the colour of the picture's border. Raises PictureError."""
        if self == Crop():
            return image
        turned = image.rotate(-self.turn, Image.Resampling.BICUBIC, fillcolor=_border_colour(image))
        width, height = image.size
        box = [round(share * side / 100) for share, side in ((self.left, width), (self.top, height))]
        box += [round(share * side / 100) for share, side in ((self.right, width), (self.bottom, height))]
        if box[2] - box[0] < MIN_SIDE or box[3] - box[1] < MIN_SIDE:
            raise PictureError("The cropped part is too small; choose a larger one.")
        return turned.crop((box[0], box[1], box[2], box[3]))


def _border_colour(image: Image.Image) -> tuple[int, ...]:
    pixels = np.asarray(image)
    pixels = pixels.reshape(*pixels.shape[:2], -1)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    return tuple(int(level) for level in np.median(border, axis=0))
