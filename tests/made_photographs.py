"""Photographs as people take them, made from real digits: papers, rulings, boxes, light, sheets, pens, angles, noise.

`make` returns one photograph of a kind of `KINDS`, the same for the same seed. Sheets are float64 (side, side, 3) in
[0, 1]; ink is the share of each pixel that the pen covers.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Array = NDArray[np.float64]
SIDE = 600
BLACK, BLUE, RED, GRAPHITE = (0.1, 0.1, 0.12), (0.1, 0.15, 0.5), (0.7, 0.1, 0.12), (0.45, 0.45, 0.47)
WHITE_PAPER, RECYCLED, YELLOW, PINK, GREEN = (
    (0.95, 0.95, 0.93),
    (0.78, 0.76, 0.72),
    (0.95, 0.9, 0.6),
    (0.95, 0.75, 0.78),
    (0.7, 0.88, 0.72),
)


@dataclass(frozen=True, eq=False)
class Photograph:
    """A made photograph of a digit, and the same digit as a clean scan."""

    kind: str
    picture: Image.Image
    clean: Image.Image


class Camera:
    """The choices of chance for one photograph; `pixels` is the 28x28 digit."""

    def __init__(self, pixels: NDArray[np.uint8], seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.pixels = pixels

    def between(self, low: float, high: float) -> float:
        return float(self.random.uniform(low, high))

    def ink(self, size: float, pen: float | None = None, side: int = SIDE) -> Array:
        """Return the digit's ink, `size` of the side long, near the middle; `pen`: the stroke's width in pixels."""
        strokes = enlarged(self.pixels, round(size * side))
        if pen is not None:
            strokes = redrawn(strokes, pen)
        placed = np.zeros((side, side))
        room = [side - length for length in strokes.shape]
        top, left = (round(free * self.between(0.35, 0.65)) for free in room)
        placed[top : top + strokes.shape[0], left : left + strokes.shape[1]] = strokes
        return placed

    def paper(
        self, colour: tuple[float, float, float] = WHITE_PAPER, side: int = SIDE, texture: float = 0.008
    ) -> Array:
        fibres = cv2.GaussianBlur(self.random.normal(0, 1, (side, side)), (0, 0), 2) * 5
        return np.clip(np.array(colour) * (1 + texture * fibres[..., None]), 0, 1)

    def turned(self, sheet: Array, degrees: float, tilt: float = 0.0) -> Array:
        """Return the photo of a sheet that goes on outside it, turned and seen at an angle."""
        side = sheet.shape[0]
        wide = cv2.copyMakeBorder(sheet, side, side, side, side, cv2.BORDER_WRAP)
        return self.seen(wide, degrees, tilt, (side, 2 * side), side)

    def seen(self, wide: Array, degrees: float, tilt: float, span: tuple[int, int], side: int) -> Array:
        low, high = span
        corners = np.array([[low, low], [high, low], [high, high], [low, high]], np.float32)
        return cv2.warpPerspective(
            wide,
            cv2.getPerspectiveTransform(self.corners(corners, degrees, tilt), corners - low),
            (side, side),
            flags=cv2.INTER_AREA,
            borderMode=cv2.BORDER_REPLICATE,
        )

    def corners(self, corners: NDArray[np.float32], degrees: float, tilt: float) -> NDArray[np.float32]:
        """Return four corners, turned about their middle and each moved by up to `tilt` of the side."""
        middle = corners.mean(axis=0)
        angle = np.radians(degrees)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        length = np.linalg.norm(corners[1] - corners[0])
        moved = (corners - middle) @ turn.T + middle + self.random.uniform(-tilt, tilt, (4, 2)) * length
        return moved.astype(np.float32)


def enlarged(pixels: NDArray[np.uint8], length: int) -> Array:
    """Return the digit's ink with smooth edges, its long side `length` pixels."""
    rows, columns = np.flatnonzero(pixels.any(axis=1)), np.flatnonzero(pixels.any(axis=0))
    box = pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = length / max(box.shape)
    box = np.pad(box, 1).astype(np.float32) / 255
    size = (round(box.shape[1] * scale), round(box.shape[0] * scale))
    smooth = cv2.GaussianBlur(cv2.resize(box, size, interpolation=cv2.INTER_CUBIC), (0, 0), scale / 3)
    return np.clip((smooth - 0.45) * scale / 2 + 0.5, 0, 1).astype(np.float64)


def redrawn(ink: Array, pen: float) -> Array:
    """Draw the middle line of the strokes again with a pen of this width."""
    line = thinned(ink > 0.5)
    distance = cv2.distanceTransform((~line).astype(np.uint8), cv2.DIST_L2, 5)
    return np.clip(pen / 2 + 0.5 - distance, 0, 1).astype(np.float64)


def thinned(solid: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Thin strokes to one pixel (Zhang and Suen 1984)."""
    on = np.pad(solid, 1).astype(np.uint8)
    for _ in range(200):
        before = on.sum()
        for phase in (0, 1):
            ring = [
                np.roll(on, shift, (0, 1))
                for shift in ((1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1))
            ]
            count = sum(ring)
            changes = sum((a == 0) & (b == 1) for a, b in zip(ring, ring[1:] + ring[:1], strict=True))
            north, east, south, west = ring[0], ring[2], ring[4], ring[6]
            sides = (
                (north * east * south, east * south * west)
                if phase == 0
                else (north * east * west, north * south * west)
            )
            gone = (on == 1) & (count >= 2) & (count <= 6) & (changes == 1) & (sides[0] == 0) & (sides[1] == 0)
            on[gone] = 0
        if on.sum() == before:
            break
    return on[1:-1, 1:-1].astype(bool)


def written(sheet: Array, ink: Array, pen: tuple[float, float, float] = BLACK) -> Array:
    return sheet * (1 - ink[..., None]) + np.array(pen) * ink[..., None]


def with_lines(
    sheet: Array, offsets: list[float], width: float, colour: tuple[float, float, float], axis: int
) -> Array:
    """Print straight lines across the sheet: rows (axis 0) or columns (axis 1) at these offsets."""
    places = np.arange(sheet.shape[axis])
    cover = np.zeros(len(places))
    for at in offsets:
        cover = np.maximum(cover, np.clip(width / 2 + 0.5 - np.abs(places - at), 0, 1))
    cover = cover[:, None, None] if axis == 0 else cover[None, :, None]
    return sheet * (1 - cover * (1 - np.array(colour)))


def ruled(
    camera: Camera, sheet: Array, shade: float, both: bool = False, colour: tuple[float, ...] | None = None
) -> Array:
    step, first = camera.between(28, 40) if both else camera.between(50, 75), camera.between(0, 40)
    width = camera.between(1.2, 2.4)
    offsets = list(np.arange(first, len(sheet), step))
    tone = (shade, shade, shade) if colour is None else colour
    for axis in (0, 1) if both else (0,):
        sheet = with_lines(sheet, offsets, width, tone, axis)
    return sheet


def boxed(sheet: Array, box: tuple[int, int, int, int], width: int, colour: tuple[float, float, float]) -> Array:
    """Print a rectangle (left, top, right, bottom)."""
    drawn = sheet.copy()
    cv2.rectangle(drawn, box[:2], box[2:], colour, width, cv2.LINE_AA)
    return drawn


def around(ink: Array, gap: int) -> tuple[int, int, int, int]:
    """Return the box around ink, `gap` pixels away from it."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return int(columns[0] - gap), int(rows[0] - gap), int(columns[-1] + gap), int(rows[-1] + gap)


def shaded(camera: Camera, picture: Array, kind: str) -> Array:
    y, x = (axis / len(picture) for axis in np.indices(picture.shape[:2]))
    angle = camera.between(0, 2 * np.pi)
    across = (x - 0.5) * np.cos(angle) + (y - 0.5) * np.sin(angle)
    if kind == "slope":
        light = 0.75 + 0.5 * across * camera.between(0.6, 1)
    elif kind == "spot":
        light = 0.5 + 0.5 * np.exp(-5 * ((x - camera.between(0.3, 0.7)) ** 2 + (y - camera.between(0.3, 0.7)) ** 2))
    elif kind == "edge":
        light = 1 - camera.between(0.3, 0.5) / (1 + np.exp(-(across - camera.between(-0.15, 0.15)) * 300))
    else:  # a hand's or an arm's strip
        at, half = camera.between(-0.2, 0.2), camera.between(0.07, 0.15)
        light = 1 - camera.between(0.25, 0.45) / (1 + np.exp((np.abs(across - at) - half) * 120))
    return picture * light[..., None]


def grounded(
    camera: Camera, sheet: Array, ground: Array, degrees: float, tilt: float, scale: float = 0.72, shift: float = 0.0
) -> Array:
    """Lay a sheet on a ground of another side."""
    side, big = len(sheet), len(ground)
    low, high = big * (1 - scale) / 2, big * (1 + scale) / 2
    target = np.array([[low, low], [high, low], [high, high], [low, high]], np.float32)
    target = camera.corners(target, degrees, tilt) + np.float32(shift * big)
    source = np.array([[0, 0], [side, 0], [side, side], [0, side]], np.float32)
    change = cv2.getPerspectiveTransform(source, target)
    laid = cv2.warpPerspective(sheet, change, (big, big), flags=cv2.INTER_LINEAR)
    cover = cv2.warpPerspective(np.ones_like(sheet), change, (big, big))
    return laid * cover + ground * (1 - cover)


def ground_of(camera: Camera, kind: str, side: int = 800) -> Array:
    y, x = np.indices((side, side)) / side
    if kind == "wood":
        waves = np.sin(90 * (y + 0.03 * np.sin(9 * x) + 0.02 * np.sin(23 * x + 3)))
        return camera.paper((0.72, 0.6, 0.45), side) * (1 + 0.06 * waves[..., None])
    if kind == "cloth":
        checks = np.where((np.floor(x * 14) + np.floor(y * 14)) % 2 > 0, 0.75, 0.45)
        return np.clip(np.array([0.55, 0.6, 0.9]) * checks[..., None] * camera.paper(side=side), 0, 1)
    shades = {"dark": (0.22, 0.2, 0.2), "light": (0.66, 0.66, 0.66)}
    return camera.paper(shades[kind], side, 0.02)


def shot(camera: Camera, picture: Array, noise: float = 0.01, blur: float = 0.6, quality: int = 88) -> Image.Image:
    """Take the photo: the lens, the sensor and JPEG."""
    soft = cv2.GaussianBlur(picture, (0, 0), blur)
    grainy = soft + camera.random.normal(0, noise, soft.shape)
    file = io.BytesIO()
    Image.fromarray((grainy.clip(0, 1) * 255).round().astype(np.uint8)).save(file, "JPEG", quality=quality)
    return Image.open(io.BytesIO(file.getvalue()))


def size(camera: Camera) -> float:
    return camera.between(0.3, 0.5)


def plain(
    camera: Camera, colour: tuple[float, float, float] = WHITE_PAPER, pen: tuple[float, float, float] = BLACK
) -> Array:
    return written(camera.paper(colour), camera.ink(size(camera)), pen)


def on_lines(camera: Camera, shade: float, both: bool = False, colour: tuple[float, ...] | None = None) -> Array:
    return written(ruled(camera, camera.paper(), shade, both, colour), camera.ink(size(camera)))


def in_box(camera: Camera, width: int, gap: int, colour: tuple[float, float, float] = (0.2, 0.2, 0.2)) -> Array:
    ink = camera.ink(size(camera))
    return boxed(written(camera.paper(), ink), around(ink, gap), width, colour)


def in_a_row_of_boxes(camera: Camera) -> Array:
    ink = camera.ink(0.3)
    left, top, right, bottom = around(ink, 20)
    sheet = written(camera.paper(), ink)
    for cell in (-1, 0, 1):
        moved = cell * (right - left)
        sheet = boxed(sheet, (left + moved, top, right + moved, bottom), 2, (0.3, 0.3, 0.35))
    return sheet


def framed(camera: Camera) -> Array:
    width = int(camera.between(5, 14))
    sheet = plain(camera)
    return boxed(
        sheet, (width // 2, width // 2, SIDE - width // 2 - 1, SIDE - width // 2 - 1), width, (0.05, 0.05, 0.05)
    )


def with_margin_line(camera: Camera) -> Array:
    sheet = ruled(camera, camera.paper(), 0, colour=(0.65, 0.75, 0.95))
    sheet = with_lines(sheet, [camera.between(30, 90)], 2.5, (0.95, 0.5, 0.5), 1)
    return written(sheet, camera.ink(size(camera)))


def on_ground(camera: Camera, kind: str, degrees: float = 4, tilt: float = 0.03, sheet: Array | None = None) -> Array:
    sheet = plain(camera) if sheet is None else sheet
    return grounded(camera, sheet, ground_of(camera, kind), camera.between(-degrees, degrees), tilt)


def cut_off(camera: Camera) -> Array:
    """A sheet of which the photo shows only a part."""
    ink = camera.ink(0.3)
    sheet = written(camera.paper(), ink)
    shift = camera.between(0.08, 0.14) * camera.random.choice((-1, 1))
    return grounded(camera, sheet, ground_of(camera, "dark"), camera.between(-5, 5), 0.02, 0.95, shift)


def on_a_screen(camera: Camera) -> Array:
    """A bright screen with a dark rim: its rows of pixels beat with the camera's."""
    picture = plain(camera, (0.93, 0.95, 0.99))
    y, x = np.indices(picture.shape[:2])
    beat = np.sin(x * camera.between(0.9, 1.3) + y * 0.05) * np.sin(y * camera.between(0.9, 1.3))
    picture = np.clip(picture * (1 + 0.06 * beat[..., None]), 0, 1)
    return grounded(camera, picture, camera.paper((0.05, 0.05, 0.06), 700), camera.between(-3, 3), 0.02, 0.9)


def stencil(camera: Camera) -> Image.Image:
    ink = camera.ink(size(camera), side=400)
    tone = round(255 * camera.between(0, 1))
    return as_rgba(np.full((400, 400, 3), tone, np.uint8), 1 - ink)


def transparent(camera: Camera) -> Image.Image:
    ink = camera.ink(size(camera), side=400)
    tone = round(255 * camera.between(0, 1))
    return as_rgba(np.full((400, 400, 3), tone, np.uint8), ink)


def as_rgba(colour: NDArray[np.uint8], alpha: Array) -> Image.Image:
    return Image.fromarray(np.dstack([colour, (alpha * 255).round().astype(np.uint8)]))


def pen(camera: Camera, colour: tuple[float, float, float], low: float, high: float) -> Array:
    ink = camera.ink(size(camera), camera.between(low, high))
    return written(camera.paper(), ink, colour)


KINDS: dict[str, Callable[[Camera], Image.Image]] = {
    "white paper": lambda c: shot(c, plain(c)),
    "recycled paper": lambda c: shot(c, written(c.paper(RECYCLED, texture=0.03), c.ink(size(c)))),
    "coloured paper": lambda c: shot(c, plain(c, (YELLOW, PINK, GREEN)[c.random.integers(3)])),
    "light rulings": lambda c: shot(c, on_lines(c, 0.8)),
    "dark rulings": lambda c: shot(c, on_lines(c, 0.35)),
    "grey squares": lambda c: shot(c, on_lines(c, 0.7, both=True)),
    "blue squares": lambda c: shot(c, on_lines(c, 0, True, (0.65, 0.78, 0.95))),
    "margin line": lambda c: shot(c, with_margin_line(c)),
    "rulings, turned": lambda c: shot(c, c.turned(on_lines(c, 0.6), c.between(-8, 8), 0.03)),
    "squares, ballpoint": lambda c: shot(
        c, written(ruled(c, c.paper(), 0.75, both=True), c.ink(size(c), c.between(4, 7)), BLUE)
    ),
    "form box": lambda c: shot(c, in_box(c, 2, int(c.between(15, 70)))),
    "thick box": lambda c: shot(c, in_box(c, 6, int(c.between(20, 60)))),
    "coloured box": lambda c: shot(c, in_box(c, 3, int(c.between(15, 60)), (0.9, 0.3, 0.2))),
    "row of boxes": lambda c: shot(c, in_a_row_of_boxes(c)),
    "box, turned": lambda c: shot(c, c.turned(in_box(c, 3, int(c.between(15, 50))), c.between(-8, 8), 0.03)),
    "frame at the edge": lambda c: shot(c, framed(c)),
    "sloping light": lambda c: shot(c, shaded(c, plain(c), "slope")),
    "spot of light": lambda c: shot(c, shaded(c, plain(c), "spot")),
    "hard shadow": lambda c: shot(c, shaded(c, plain(c), "edge")),
    "strip of shadow": lambda c: shot(c, shaded(c, plain(c), "strip")),
    "dark table": lambda c: shot(c, on_ground(c, "dark")),
    "light table": lambda c: shot(c, on_ground(c, "light")),
    "wooden table": lambda c: shot(c, on_ground(c, "wood")),
    "chequered cloth": lambda c: shot(c, on_ground(c, "cloth")),
    "tilted sheet": lambda c: shot(c, on_ground(c, "wood", 12, 0.08)),
    "sheet cut off": lambda c: shot(c, cut_off(c)),
    "pencil": lambda c: shot(c, pen(c, GRAPHITE, 6, 12)),
    "ballpoint": lambda c: shot(c, pen(c, BLUE, 3, 6)),
    "red pen": lambda c: shot(c, pen(c, RED, 6, 14)),
    "marker": lambda c: shot(c, plain(c, pen=(0.05, 0.3, 0.1))),
    "chalk on a board": lambda c: shot(
        c, written(c.paper((0.12, 0.22, 0.18), texture=0.08), c.ink(size(c)), (0.9, 0.9, 0.88))
    ),
    "white ink": lambda c: shot(c, plain(c, (0.35, 0.4, 0.65), (0.97, 0.97, 0.97))),
    "turned camera": lambda c: shot(c, c.turned(plain(c), c.between(-10, 10), 0.05)),
    "small": lambda c: shot(c, written(c.paper(), c.ink(c.between(0.07, 0.12)))),
    "large": lambda c: shot(c, written(c.paper(), c.ink(c.between(0.75, 0.88)))),
    "grainy": lambda c: shot(c, plain(c), 0.08),
    "blurred": lambda c: shot(c, plain(c), 0.01, c.between(3, 5)),
    "strong JPEG": lambda c: shot(c, plain(c), quality=12),
    "screen": lambda c: shot(c, on_a_screen(c)),
    "stencil": stencil,
    "transparent": transparent,
    "rulings in shadow": lambda c: shot(c, shaded(c, on_lines(c, 0.7), "edge")),
    "squares on a table": lambda c: shot(c, on_ground(c, "wood", 6, 0.04, on_lines(c, 0.75, True))),
    "box on a sheet": lambda c: shot(c, on_ground(c, "dark", 6, 0.04, in_box(c, 3, int(c.between(20, 50))))),
    "sheet in shadow": lambda c: shot(c, shaded(c, on_ground(c, "dark"), "edge")),
}


def make(kind: str, pixels: NDArray[np.uint8], seed: int) -> Photograph:
    """Return a photograph of a digit, uint8 (28, 28), and its clean scan."""
    camera = Camera(pixels, seed)
    picture = KINDS[kind](camera)
    scan = Camera(pixels, seed).ink(0.6, side=300)
    return Photograph(kind, picture, Image.fromarray((255 - 255 * scan).astype(np.uint8)))
