"""Drawn digits as picture files of a phone, a scanner or a paint program."""

import io
import struct
import zlib

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from pillow_heif import register_heif_opener

SIDE = 280
SVG = "http://www.w3.org/2000/svg"
# Where the pen goes on a 280-pixel sheet.
STROKES = {
    1: [[(150, 50), (130, 230)]],
    2: [[(80, 100), (100, 60), (150, 50), (190, 80), (185, 120), (90, 225), (205, 225)]],
    3: [[(85, 60), (190, 60), (130, 125), (185, 155), (190, 200), (150, 230), (90, 215)]],
    4: [[(160, 50), (75, 165), (205, 165)], [(160, 50), (155, 235)]],
    5: [[(105, 60), (95, 135), (165, 130), (190, 170), (170, 220), (90, 225)], [(105, 60), (195, 55)]],
    7: [[(75, 60), (200, 60), (130, 230)]],
    0: [[(140, 50), (90, 90), (85, 180), (130, 230), (180, 200), (195, 110), (140, 50)]],
}


def drawn(digit: int = 3, pen: int = 24, scale: float = 1.0) -> NDArray[np.uint8]:
    """Draw a digit, ink 255 on 0, four times too large and reduced so that its edges are soft."""
    size, zoom = round(SIDE * scale), 4 * scale
    image = Image.new("L", (4 * size, 4 * size))
    draw = ImageDraw.Draw(image)
    radius = 2 * pen
    for stroke in STROKES[digit]:
        points = [(x * zoom, y * zoom) for x, y in stroke]
        draw.line(points, fill=255, width=4 * pen)
        for x, y in points:
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return np.asarray(image.reduce(4))


INK = drawn()
DARK = 255 - INK
FILES = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")


def mnist_way(ink: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Make the digit with nothing but Pillow: the box, an area average, the centre of mass on (14, 14)."""
    box = Image.fromarray(ink).getbbox()
    assert box is not None
    cropped = Image.fromarray(ink).crop(box)
    scale = 20 / max(cropped.size)
    size = (max(1, round(cropped.width * scale)), max(1, round(cropped.height * scale)))
    small = np.asarray(cropped.resize(size, Image.Resampling.BOX), np.float32) / 255
    rows, columns = np.indices(small.shape)
    top = round(14 - float((rows * small).sum() / small.sum()))
    left = round(14 - float((columns * small).sum() / small.sum()))
    digit = np.zeros((28, 28), np.float32)
    digit[top : top + small.shape[0], left : left + small.shape[1]] = small
    return digit


def coloured(ink: NDArray[np.uint8], paper: tuple[int, ...], pen: tuple[int, ...]) -> NDArray[np.uint8]:
    """Mix a paper's and a pen's colour by the ink."""
    share = ink[..., None] / 255
    return (share * np.array(pen) + (1 - share) * np.array(paper)).round().astype(np.uint8)


def image(mode: str) -> Image.Image:
    """Return a dark digit on light paper as an image of this mode."""
    return Image.fromarray(coloured(INK, (240, 240, 240), (20, 20, 60))).convert(mode)


def transparent(ink: NDArray[np.uint8], brightness: int) -> NDArray[np.uint8]:
    """Return RGBA with the ink in the alpha channel."""
    return np.dstack([np.full((*ink.shape, 3), brightness, np.uint8), ink])


def noisy(picture: NDArray[np.uint8], spread: float) -> NDArray[np.uint8]:
    """Add Gaussian noise with a fixed seed."""
    noise = np.random.default_rng(0).normal(0, spread, picture.shape)
    return (picture + noise).clip(0, 255).astype(np.uint8)


def lit(picture: NDArray[np.uint8], kind: str) -> NDArray[np.uint8]:
    """Light a picture unevenly: a gradient from one corner, a spot in the middle, or the edge of a shadow."""
    y, x = (axis / max(picture.shape) for axis in np.indices(picture.shape))
    light = {
        "slope": 0.35 + 0.3 * (x + y),
        "spot": 0.45 + 0.55 * np.exp(-4 * ((x - 0.5) ** 2 + (y - 0.5) ** 2)),
        "shadow": 0.95 - 0.35 / (1 + np.exp(-(x + 0.4 * y - 0.6) * 60)),
    }[kind]
    return (picture * light).astype(np.uint8)


def saved(image: Image.Image | NDArray[np.uint8], kind: str = "PNG", **options: object) -> bytes:
    """Return the bytes of a picture file."""
    if kind == "HEIF":
        register_heif_opener()  # so that Pillow writes it
    file = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(file, kind, **options)
    return file.getvalue()


def turned(image: Image.Image, orientation: int, kind: str = "JPEG") -> bytes:
    """Return a file whose pixels are turned and whose EXIF says how to turn them back."""
    ways = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # EXIF orientation -> what undoes it
    exif = Image.Exif()
    exif[274] = orientation
    if orientation in ways:
        image = image.transpose(Image.Transpose(ways[orientation]))
    return saved(image, kind, exif=exif.tobytes())


def moving(kind: str, *inks: NDArray[np.uint8]) -> bytes:
    """Return a file of several frames, the last one a 7."""
    frames = [Image.fromarray(255 - ink).convert("RGB") for ink in (*inks, drawn(7))]
    return saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)


def in_svg(ink: NDArray[np.uint8]) -> bytes:
    """Return a drawing whose rows of ink are black lines, in units of its own."""
    rows = []
    for y, row in enumerate(ink > 127):
        ends = np.flatnonzero(np.diff(np.pad(row.astype(np.int8), 1)))
        rows += [f"M{start} {y}H{end}" for start, end in ends.reshape(-1, 2)]
    size = f"{ink.shape[1]} {ink.shape[0]}"
    return f'<svg xmlns="{SVG}" viewBox="0 0 {size}"><path d="{"".join(rows)}" stroke="#000"/></svg>'.encode()


def png_header(width: int, height: int) -> bytes:
    """Return a PNG that promises more pixels than it holds."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def svg_bomb() -> bytes:
    """Return a small SVG in which each of twelve groups uses the one before ten times."""
    groups = "".join(f'<g id="g{n + 1}">' + f'<use href="#g{n}"/>' * 10 + "</g>" for n in range(12))
    return f'<svg xmlns="{SVG}"><path id="g0" d="M0 0L9 9 0 9"/>{groups}</svg>'.encode()
