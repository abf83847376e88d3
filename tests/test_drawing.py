"""Pictures and strokes become the digit that MNIST would have."""

import numpy as np
import pytest
from PIL import Image, ImageCms

from core.digits import drawing, pictures
from core.digits.photographs import finding
from tests.drawn_pictures import (
    DARK,
    FILES,
    INK,
    coloured,
    drawn,
    image,
    in_svg,
    lit,
    mnist_way,
    moving,
    noisy,
    saved,
    transparent,
    turned,
)
from tests.sentences import assert_one_sentence

DOCUMENTS = ("HEIF", "PDF")


def sixteen_bits(ink: np.ndarray) -> Image.Image:
    return Image.fromarray(65535 - ink.astype(np.uint16) * 257)


def palette(**options: object) -> bytes:
    return saved(Image.fromarray(transparent(INK, 0)), "GIF", **options)


def sheet(margin: int) -> np.ndarray:
    """A white sheet with a digit on it, in the middle of transparency."""
    rgba = np.dstack([DARK, DARK, DARK, np.full_like(DARK, 255)])
    return np.pad(rgba, ((margin, margin), (margin, margin), (0, 0)))


def in_lab(picture: Image.Image) -> Image.Image:
    return ImageCms.profileToProfile(
        picture, ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
    )


def in_utf_16(encoding: str) -> bytes:
    return ('<?xml version="1.0" encoding="UTF-16"?>\n' + in_svg(INK).decode()).encode(encoding)


def dusty() -> np.ndarray:
    picture = DARK.copy()
    picture[5:8, 5:8] = picture[260:264, 20:23] = 0
    return picture


def in_a_corner(side: int) -> np.ndarray:
    return np.pad(DARK, ((side - 300, 20), (20, side - 300)), constant_values=255)


GOOD: dict[str, np.ndarray | Image.Image | bytes] = {
    "dark on light": DARK,
    "light on dark": INK,
    "blue on yellow": coloured(INK, (250, 230, 120), (20, 40, 160)),
    "red on green of the same brightness": coloured(INK, (0, 120, 0), (230, 12, 0)),
    "pure blue on black": coloured(INK, (0, 0, 0), (0, 0, 255)),
    "yellow on white": coloured(INK, (255, 255, 255), (255, 255, 0)),
    "gray pencil on gray paper": noisy((165 - INK * 0.1).astype(np.uint8), 2),
    "faint on white": (255 - INK * 0.12).astype(np.uint8),
    "black on transparent": transparent(INK, 0),
    "white on transparent": transparent(INK, 255),
    "half transparent ink": transparent((INK * 0.4).astype(np.uint8), 90),
    "opaque with an alpha channel": np.dstack([DARK, DARK, DARK, np.full_like(DARK, 255)]),
    "evenly half transparent": np.dstack([DARK, DARK, DARK, np.full_like(DARK, 128)]),
    "a sheet with a transparent margin": sheet(60),
    "noise on light": noisy((235 - INK * 0.85).astype(np.uint8), 12),
    "noise on dark": noisy((25 + INK * 0.8).astype(np.uint8), 12),
    "strong noise": noisy((200 - INK * 0.7).astype(np.uint8), 30),
    "dust": dusty(),
    "sloping light": lit((245 - INK * 0.85).astype(np.uint8), "slope"),
    "spot of light": lit((245 - INK * 0.85).astype(np.uint8), "spot"),
    "shadow's edge": lit((245 - INK * 0.85).astype(np.uint8), "shadow"),
    "sloping light, noise, JPEG": saved(noisy(lit((245 - INK * 0.8).astype(np.uint8), "slope"), 4), "JPEG", quality=50),
    "in a corner": in_a_corner(600),
    "small in a large picture": in_a_corner(3000),
    "wide sheet": np.pad(DARK, ((0, 0), (600, 100)), constant_values=255),
    "tall sheet": np.pad(DARK, ((900, 0), (0, 0)), constant_values=255),
    "cut tight, dark on light": np.ascontiguousarray(DARK[50:240, 75:203]),
    "cut tight, light on dark": np.ascontiguousarray(INK[50:240, 75:203]),
    "large": 255 - drawn(pen=72, scale=3),
    "39 megapixels": np.pad(DARK, ((2800, 3120), (2800, 3120)), constant_values=255),
    "28x28": (255 - 255 * mnist_way(INK)).astype(np.uint8),
    "16-bit image": sixteen_bits(INK),
    "16-bit PNG": saved(sixteen_bits(INK)),
    "mode I": Image.fromarray(DARK.astype(np.int32)),
    "mode F from 0 to 1": Image.fromarray(DARK.astype(np.float32) / 255),
    "PNG of a palette with transparency": saved(Image.fromarray(transparent(INK, 0)).quantize(32)),
    "GIF with transparency": palette(),
    "WebP with transparency": saved(transparent(INK, 255), "WEBP", lossless=True),
    "PNG with gray and alpha": saved(Image.fromarray(transparent(INK, 10)).convert("LA")),
    "JPEG in CMYK": saved(image("CMYK"), "JPEG"),
    "JPEG in gray": saved(image("L"), "JPEG"),
    **{f"{mode} image": image(mode) for mode in ("1", "L", "P", "RGB", "CMYK", "YCbCr", "HSV", "LA", "PA", "RGBX")},
    **{f"{kind} file": saved(image("RGB"), kind) for kind in (*FILES, *DOCUMENTS)},
    "HEIC with transparency": saved(transparent(INK, 0), "HEIF", quality=-1),
    "HEIC of an iPhone on its side": turned(image("RGB"), 6, "HEIF"),
    "SVG": in_svg(INK),
    "SVG with a document type": b'<?xml version="1.0"?>\n<!DOCTYPE svg>\n<!-- drawn -->\n' + in_svg(INK),
    "SVG in UTF-16": in_utf_16("utf-16"),
    "SVG in UTF-16 without a mark, big bytes first": in_utf_16("utf-16-be"),
    "PDF after blanks": b"\xef\xbb\xbf\r\n \n" + saved(image("RGB"), "PDF"),
    "PDF after a line of text": b"Content-Type: application/pdf\n\n" + saved(image("RGB"), "PDF"),
    "PDF of two pages": saved(image("RGB"), "PDF", save_all=True, append_images=[Image.new("RGB", (90, 9), "red")]),
    "TIFF with 16 bits": saved(sixteen_bits(INK), "TIFF"),
    "TIFF with LZW in CMYK": saved(image("CMYK"), "TIFF", compression="tiff_lzw"),
    "TIFF in LAB": saved(in_lab(image("RGB")), "TIFF"),
    "progressive JPEG of 12 megapixels": saved(image("RGB").resize((3500, 3500)), "JPEG", progressive=True),
    "JPEG of 48 megapixels": saved(image("L").resize((6900, 6900)), "JPEG"),
    **{f"first frame of a moving {kind}": moving(kind, INK) for kind in ("GIF", "WEBP", "PNG", "AVIF", "TIFF")},
    **{f"EXIF orientation {way}": turned(image("RGB"), way) for way in range(1, 9)},
    "EXIF orientation in a PNG": turned(image("RGB"), 6, "PNG"),
    "EXIF orientation in a WebP": turned(image("RGB"), 8, "WEBP"),
    "EXIF of nonsense": saved(image("RGB"), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff nonsense"),
}


def prepare(picture: np.ndarray | Image.Image) -> drawing.Preparation:
    found = finding.find_digits(picture)
    return found.digits[found.heaviest]


def prepared(picture: np.ndarray | Image.Image | bytes) -> drawing.Preparation:
    return prepare(pictures.read_picture(picture) if isinstance(picture, bytes) else picture)


def centre_of_mass(digit: np.ndarray) -> np.ndarray:
    return (np.indices(digit.shape) * digit).sum(axis=(1, 2)) / digit.sum()


def assert_made_like_mnist(steps: drawing.Preparation) -> None:
    for _, step in steps.steps:
        assert step.dtype == np.float32 and step.ndim == 2
        assert 0 <= step.min() and step.max() <= 1
    assert steps.gray.shape == steps.ink.shape and max(steps.gray.shape) <= 1000
    assert max(steps.fitted.shape) == 20
    assert steps.digit.shape == (28, 28) and steps.digit.max() > 0.95
    rows, columns = (np.flatnonzero(steps.digit.any(axis=axis)) for axis in (1, 0))
    assert np.ptp(rows) < 20 and np.ptp(columns) < 20
    assert np.abs(centre_of_mass(steps.digit) - 14).max() < 1


@pytest.mark.parametrize("name", GOOD)
def test_a_picture_gives_the_digit_that_mnist_would_have(name: str) -> None:
    steps = prepared(GOOD[name])
    assert_made_like_mnist(steps)
    assert (steps.digit == 0).mean() > 0.6, "background is exactly 0"
    assert np.abs(steps.digit - mnist_way(INK)).mean() < 0.05


@pytest.mark.parametrize("light", [False, True])
@pytest.mark.parametrize("pen", [14, 24, 40])
@pytest.mark.parametrize("digit", [0, 1, 2, 4, 5, 7])
def test_every_digit_and_pen_in_both_polarities(digit: int, pen: int, light: bool) -> None:
    ink = drawn(digit, pen)
    steps = prepare(ink if light else 255 - ink)
    assert_made_like_mnist(steps)
    assert np.abs(steps.digit - mnist_way(ink)).mean() < 0.06


@pytest.mark.parametrize("pen", [1, 2, 3, 6])
def test_a_thin_pen_in_a_large_picture_becomes_an_mnist_stroke(pen: int) -> None:
    steps = prepare(255 - drawn(2, pen, scale=1000 / 280))
    assert_made_like_mnist(steps)
    assert 1.2 < drawing.stroke_width(steps.digit) < 3
    assert np.percentile(steps.digit[steps.digit > 0.1], 75) > 0.8
    assert np.corrcoef(steps.digit.ravel(), mnist_way(drawn(2, 24)).ravel())[0, 1] > 0.7


def test_an_ordinary_pen_is_not_thickened() -> None:
    steps = prepare(DARK)
    assert drawing.stroke_width(steps.digit) == pytest.approx(drawing.stroke_width(mnist_way(INK)), rel=0.1)


def test_a_digit_already_made_comes_back() -> None:
    digit = (mnist_way(INK) * 255).astype(np.uint8)
    assert np.abs(finding.to_digit(digit) - digit / 255).mean() < 0.02


def test_levels_are_whole_255ths_as_mnists_are_so_that_addresses_and_files_hold_the_very_same_digit():
    for digit in (drawing.prepare_strokes(INK).digit, finding.to_digit(DARK)):
        stored = np.rint(digit * 255).astype(np.uint8)
        assert len(np.unique(stored)) > 10 and np.array_equal((stored / 255).astype(np.float32), digit)


@pytest.mark.parametrize("colour", [0, 128, 255])
def test_a_transparent_picture_is_read_by_its_alpha_whatever_the_colour(colour: int) -> None:
    steps = prepare(transparent(INK, colour))
    assert_made_like_mnist(steps)
    assert np.abs(steps.digit - mnist_way(INK)).mean() < 0.04


def test_what_a_pen_has_drawn_is_taken_as_it_is() -> None:
    steps = drawing.prepare_strokes(INK)
    assert_made_like_mnist(steps)
    assert np.abs(steps.digit - mnist_way(INK)).mean() < 0.01


def test_a_touch_by_mistake_moves_nothing() -> None:
    touched = INK.copy()
    touched[2:6, 2:6] = 255
    assert np.array_equal(drawing.prepare_strokes(touched).digit, drawing.prepare_strokes(INK).digit)


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (5, 5)])
def test_a_dot_or_a_dash_still_gives_a_frame(shape: tuple[int, int]) -> None:
    ink = np.zeros((280, 280), np.uint8)
    ink[30 : 30 + shape[0], 30 : 30 + shape[1]] = 255
    assert drawing.prepare_strokes(ink).digit.max() > 0.9
    assert finding.to_digit(255 - ink).max() > 0.9


@pytest.mark.parametrize("shape", [(2, 1), (1, 2), (1, 9), (2, 2), (3, 3), (7, 5), (1, 3000), (3000, 2)])
def test_the_smallest_and_narrowest_pictures_give_a_digit_or_a_sentence(shape: tuple[int, int]) -> None:
    for seed in range(5):
        picture = np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)
        try:
            assert finding.to_digit(picture).shape == (28, 28)
        except pictures.PictureError as error:
            assert_one_sentence(error)


def test_preparing_leaves_the_picture_as_it_was() -> None:
    pixels, before = DARK.copy(), image("RGBA")
    prepare(pixels)
    prepare(before)
    assert (pixels == DARK).all() and before.tobytes() == image("RGBA").tobytes()
