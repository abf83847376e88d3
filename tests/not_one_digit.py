"""Pictures that are not one clean digit: several digits, none, a face, text, a photo, a half-covered digit."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from sklearn.datasets import load_sample_image

from tests.made_photographs import Camera, shot, written

SIDE = 600
WORDS = ("Hello", "seven", "Total", "Name:", "ABC", "x + y", "digit", "No. 5", "a = b", "cat", "Anna", "www")


def blank(camera: Camera) -> Image.Image:
    """Paper alone."""
    return shot(camera, camera.paper(texture=0.03), 0.02)


def several(camera: Camera, others: list[NDArray[np.uint8]], gap: float) -> Image.Image:
    """Digits side by side; `gap`: of a digit's height, below 0 they touch."""
    height = round(SIDE * 0.8 / (1 + len(others)))
    sheet = np.zeros((SIDE, SIDE))
    left = 40
    for pixels in [camera.pixels, *others]:
        ink = Camera(pixels, 0).ink(height / SIDE)
        columns = np.flatnonzero(ink.any(axis=0))
        strip = ink[:, columns[0] : columns[-1] + 1]
        room = sheet[:, left : left + strip.shape[1]]
        np.maximum(room, strip[:, : room.shape[1]], out=room)
        left += strip.shape[1] + round(gap * height)
    return shot(camera, written(camera.paper(), sheet))


def text(camera: Camera) -> Image.Image:
    """A printed word."""
    image = Image.new("L", (SIDE, SIDE))
    word = WORDS[camera.random.integers(len(WORDS))]
    draw = ImageDraw.Draw(image)
    draw.text((60, 230), word, fill=255, font=ImageFont.load_default(camera.between(90, 150)))
    return shot(camera, written(camera.paper(), np.asarray(image) / 255))


def face(camera: Camera) -> Image.Image:
    """A drawn face."""
    image, width = Image.new("L", (SIDE, SIDE)), int(camera.between(6, 16))
    draw = ImageDraw.Draw(image)
    left, top, right, bottom = (camera.between(*span) for span in ((100, 170), (80, 150), (420, 500), (440, 520)))
    draw.ellipse((left, top, right, bottom), outline=255, width=width)
    middle, eyes = (left + right) / 2, top + (bottom - top) * 0.38
    for at in (middle - 65, middle + 65):
        draw.ellipse((at - 16, eyes - 18, at + 16, eyes + 18), fill=255)
    draw.line((middle, eyes + 30, middle - 12, eyes + 90), fill=255, width=width)
    draw.arc((middle - 80, eyes + 50, middle + 80, eyes + 160), 20, 160, fill=255, width=width)
    return shot(camera, written(camera.paper(), np.asarray(image) / 255))


def scribble(camera: Camera) -> Image.Image:
    """A tangle of strokes."""
    image = np.zeros((SIDE, SIDE), np.uint8)
    points = camera.random.uniform(100, 500, (9, 2)).astype(np.int32)
    cv2.polylines(image, [points], False, 255, int(camera.between(8, 20)), cv2.LINE_AA)
    return shot(camera, written(camera.paper(), image / 255))


def photo(camera: Camera) -> Image.Image:
    """A part of a photo of the world."""
    pixels = load_sample_image(("china.jpg", "flower.jpg")[camera.random.integers(2)])
    top, left = camera.random.integers(0, 200), camera.random.integers(0, 380)
    return Image.fromarray(pixels[top : top + 220, left : left + 250])


def half_covered(camera: Camera) -> Image.Image:
    """A digit of which a dark object, coming from the edge, covers a half."""
    ink = camera.ink(0.45)
    picture = written(camera.paper(), ink)
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    row, column = (rows[0] + rows[-1]) // 2, (columns[0] + columns[-1]) // 2
    place = (np.s_[:row], np.s_[row:], np.s_[:, :column], np.s_[:, column:])[camera.random.integers(4)]
    picture[place] = np.array([(0.25, 0.2, 0.2), (0.8, 0.6, 0.5), (0.2, 0.3, 0.6)])[camera.random.integers(3)]
    return shot(camera, picture)


def half_outside(camera: Camera) -> Image.Image:
    """A digit of which the photo shows a half."""
    ink = camera.ink(0.6)
    picture = written(camera.paper(), ink)
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    row, column = (rows[0] + rows[-1]) // 2, (columns[0] + columns[-1]) // 2
    place = (np.s_[:row], np.s_[row:], np.s_[:, :column], np.s_[:, column:])[camera.random.integers(4)]
    return shot(camera, picture[place])


KINDS: dict[str, Callable[[Camera, list[NDArray[np.uint8]]], Image.Image]] = {
    "two digits": lambda camera, others: several(camera, others[:1], 0.25),
    "two digits that touch": lambda camera, others: several(camera, others[:1], -0.06),
    "three digits": lambda camera, others: several(camera, others[:2], 0.15),
    "no digit": lambda camera, _: blank(camera),
    "a scribble": lambda camera, _: scribble(camera),
    "a face": lambda camera, _: face(camera),
    "text": lambda camera, _: text(camera),
    "a photo": lambda camera, _: photo(camera),
    "half covered": lambda camera, _: half_covered(camera),
    "half outside": lambda camera, _: half_outside(camera),
}


def make(kind: str, digits: list[NDArray[np.uint8]], seed: int) -> Image.Image:
    """Return a picture of a kind; `digits` are three, uint8 (28, 28)."""
    return KINDS[kind](Camera(digits[0], seed), digits[1:])
