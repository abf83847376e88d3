import io
import zipfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms

from core.digits import drawing, isolated_decoder, pictures, render_document
from core.digits.photographs import finding
from core.system import interrupts
from tests.drawn_pictures import (
    SVG,
    coloured,
    drawn,
    in_svg,
    lit,
    mnist_way,
    moving,
    noisy,
    png_header,
    saved,
    transparent,
    turned,
)
from tests.sentences import assert_one_sentence

pillow_heif.register_heif_opener()  # so that Pillow writes HEIC

INK = drawn()
DARK = 255 - INK
FILES = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
DOCUMENTS = ("HEIF", "PDF")


def image(mode: str) -> Image.Image:
    return Image.fromarray(coloured(INK, (240, 240, 240), (20, 20, 60))).convert(mode)


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


def svg_bomb() -> bytes:
    """Return a small SVG in which each of twelve groups uses the one before ten times."""
    groups = "".join(f'<g id="g{n + 1}">' + f'<use href="#g{n}"/>' * 10 + "</g>" for n in range(12))
    return f'<svg xmlns="{SVG}"><path id="g0" d="M0 0L9 9 0 9"/>{groups}</svg>'.encode()


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


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("digit.png", saved(DARK))
    return file.getvalue()


def with_bytes(data: bytes, at: int, new: bytes) -> bytes:
    return data[:at] + new + data[at + len(new) :]


WHOLE = {kind: saved(noisy(DARK, 20), kind) for kind in FILES}
BAD_FILES: dict[str, bytes] = {
    "empty": b"",
    "one byte": b"\0",
    "zeros": bytes(5000),
    "text": b"seven, I promise\n" * 20,
    "HTML": b"<!doctype html><html><body>7</body></html>",
    "an SVG that is no XML": b"<svg",
    "an SVG that breaks off": in_svg(INK)[:-40],
    "an SVG of a thousand million shapes": svg_bomb(),
    "a page in HTML with a drawing": b"<!doctype html><svg><path d='M0 0L9 9'/></svg>",
    "a PDF without a page": b"%PDF-1.7\n1 0 obj <<>> endobj",
    "a PDF that breaks off": saved(image("RGB"), "PDF")[:400],
    "HEIC that breaks off": saved(image("RGB"), "HEIF")[:900],
    "ZIP": zipped(),
    "ICO": saved(DARK, "ICO"),
    "PPM": saved(DARK, "PPM"),
    "random": np.random.default_rng(0).bytes(4000),
    "over 25 MB": saved(DARK) + bytes(26 * 1024 * 1024),
    "51 megapixels promised": png_header(10_000, 5_100),
    "90 megapixels promised": png_header(10_000, 9_000),
    "a decompression bomb": png_header(60_000, 60_000),
    "no pixels": png_header(0, 0),
    "fewer pixels than promised": png_header(2000, 2000),
    **{
        f"{kind} cut at {share:.0%}": data[: int(len(data) * share)]
        for kind, data in WHOLE.items()
        for share in (0.003, 0.02, 0.1, 0.5, 0.9, 0.98)
    },
    **{f"{kind} without its first byte": data[1:] for kind, data in WHOLE.items()},
    **{f"{kind} with a signature of zeros": with_bytes(data, 0, bytes(4)) for kind, data in WHOLE.items()},
    "PNG with a flipped bit": with_bytes(WHOLE["PNG"], 2000, bytes([WHOLE["PNG"][2000] ^ 1])),
    "PNG with a wrong header checksum": with_bytes(WHOLE["PNG"], 29, b"\1\2\3\4"),
    "BMP with an impossible header": with_bytes(WHOLE["BMP"], 14, b"\xff\xff\xff\xff"),
    "BMP with a huge width": with_bytes(WHOLE["BMP"], 18, b"\xff\xff\xff\x7f"),
    "GIF with a huge screen": with_bytes(WHOLE["GIF"], 6, b"\xff\xff\xff\xff"),
    "only a JPEG's start": b"\xff\xd8\xff\xe0\0\x10JFIF",
}


def gray(level: int) -> np.ndarray:
    return np.full((100, 100), level, np.uint8)


BAD_PICTURES: dict[str, object] = {
    "white paper": gray(255),
    "black paper": gray(0),
    "gray paper": gray(128),
    "white paper in colour": np.full((50, 60, 3), 255, np.uint8),
    "one pixel": np.zeros((1, 1), np.uint8),
    "one white image": Image.new("RGB", (300, 200), "white"),
    "a 1-bit white image": Image.new("1", (300, 200), 1),
    "paper with noise": noisy(gray(200), 8),
    "strong noise": noisy(gray(128), 70),
    "paper in sloping light": lit(np.full((300, 300), 240, np.uint8), "slope"),
    "fully transparent": np.zeros((100, 100, 4), np.uint8),
    "fully transparent digit": np.dstack([DARK, DARK, DARK, np.zeros_like(DARK)]),
    "opaque white": Image.new("RGBA", (100, 100), "white"),
    "no rows": np.zeros((0, 10), np.uint8),
    "no columns": np.zeros((10, 0, 3), np.uint8),
    "no size": Image.new("L", (0, 0)),
    "a line of numbers": np.zeros(10, np.uint8),
    "a number": np.uint8(3),
    "four dimensions": np.zeros((1, 28, 28, 3), np.uint8),
    "two channels": np.zeros((28, 28, 2), np.uint8),
    "five channels": np.zeros((28, 28, 5), np.uint8),
    "floats": DARK / 255,
    "floats with nan": np.full((28, 28), np.nan),
    "truth values": DARK > 0,
    "signed": DARK.astype(np.int64),
    "objects": np.full((28, 28), None),
    "a list": [[0, 255], [255, 0]],
    "nothing": None,
    "a file's name": "digit.png",
    "mode F of nan": Image.fromarray(np.full((28, 28), np.nan, np.float32)),
    "mode F with one nan": Image.fromarray(np.where(np.eye(28), np.nan, 0).astype(np.float32)),
    "mode F with infinity": Image.fromarray(np.where(np.eye(28), np.inf, 0).astype(np.float32)),
    "mode F of zeros": Image.new("F", (28, 28)),
    "too many pixels": Image.new("1", (7100, 7100)),
    "an image opened but damaged": Image.open(io.BytesIO(WHOLE["JPEG"][:5000])),
}

BAD_STROKES: dict[str, object] = {
    "nothing drawn": np.zeros((280, 280), np.uint8),
    "all ink": np.full((280, 280), 255, np.uint8),
    "nearly all ink": np.pad(np.full((270, 270), 255, np.uint8), 5),
    "colours": np.full((280, 280, 4), 9, np.uint8),
    "floats": np.ones((280, 280)),
    "no size": np.zeros((0, 0), np.uint8),
    "nothing": None,
}


@pytest.mark.parametrize(
    ("read", "given"),
    [
        pytest.param(read, given, id=f"{read.__name__}: {name}")
        for read, table in (
            (pictures.read_picture, BAD_FILES),
            (finding.find_digits, BAD_PICTURES),
            (drawing.prepare_strokes, BAD_STROKES),
        )
        for name, given in table.items()
    ],
)
def test_a_bad_picture_is_refused_in_one_sentence(read: Callable[[object], object], given: object) -> None:
    with pytest.raises(pictures.PictureError) as refused:
        read(given)
    assert_one_sentence(refused.value)


def test_pixels_are_counted_before_a_file_is_decoded_also_in_another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MAX_PIXELS", 280 * 280 - 1)
    for kind in (*FILES, "HEIF"):
        with pytest.raises(pictures.PictureError, match="pixels; save it smaller"):
            pictures.read_picture(saved(image("RGB"), kind))


def test_an_svg_shows_nothing_of_other_files(tmp_path: Path) -> None:
    other = tmp_path / "other.png"
    other.write_bytes(saved(DARK))
    for way in ('href="{}"', "xlink:href='{}'", 'href=" {}"', 'href="file://{}"'):
        used = f'<image {way.format(other)} width="90" height="90"/>'
        svg = f'<svg xmlns="{SVG}" xmlns:xlink="http://www.w3.org/1999/xlink" width="90" height="90">{used}</svg>'
        with pytest.raises(pictures.PictureError, match="transparent"):
            prepare(pictures.read_picture(svg.encode()))
        assert render_document.OUTSIDE.search(svg), "also where a process may open files"


def test_decoding_in_another_process_ends_when_nobody_waits_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone(Exception):
        pass

    def leave() -> None:
        raise Gone

    monkeypatch.setattr(isolated_decoder, "CHECK_EVERY", 0.01)
    monkeypatch.setattr(interrupts, "_checks", [leave])
    with pytest.raises(Gone):
        isolated_decoder.render(svg_bomb(), "SVG", 1000, 10**6)


def run_instead(program: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the decoder run another program, written in Python."""
    (folder / "program.py").write_text(f"import os, sys, time\n{program}")
    monkeypatch.setattr(isolated_decoder, "PROGRAM", folder / "program.py")


def test_a_decoder_that_begins_late_reads_a_large_file_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_instead("time.sleep(1); sys.stdout.buffer.write(sys.stdin.buffer.read()[::-1])", tmp_path, monkeypatch)
    content = bytes(range(250)) * 4_000
    assert isolated_decoder.render(content, "SVG", 1000, 10**6) == content[::-1]


@pytest.mark.parametrize("end", ["time.sleep(60)", "os.kill(os.getpid(), 9)", "os.kill(os.getpid(), 24)", "os.abort()"])
def test_a_picture_that_takes_too_much_time_or_memory_is_not_called_damaged(
    end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_instead(end, tmp_path, monkeypatch)
    monkeypatch.setattr(isolated_decoder, "MAX_SECONDS", 1.0 if "sleep" in end else 60.0)
    with pytest.raises(pictures.SlowPictureError, match="too long or too much memory"):
        pictures.read_picture(b"<svg>")


def test_who_waits_for_a_decoder_is_told_so_and_can_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    checks: list[int] = []
    monkeypatch.setattr(isolated_decoder, "MAX_WAIT", 0.5)
    monkeypatch.setattr(interrupts, "_checks", [lambda: checks.append(1)])
    with ExitStack() as taken:
        for _ in range(isolated_decoder.DECODERS):
            taken.enter_context(isolated_decoder._turn())
        with pytest.raises(pictures.SlowPictureError, match="^Many pictures are being opened at the moment"):
            pictures.read_picture(b"<svg>")
    assert checks and isolated_decoder._turns.acquire(timeout=0), "a turn is given back"
    isolated_decoder._turns.release()


@pytest.mark.parametrize("kind", FILES)
def test_damage_anywhere_gives_a_picture_or_a_sentence(kind: str) -> None:
    random = np.random.default_rng(0)
    data = saved(Image.fromarray(DARK).resize((40, 40)), kind)
    for _ in range(60):
        damaged = bytearray(data)
        for at in random.integers(0, min(len(data), 200), 3):
            damaged[at] = random.integers(256)
        try:
            prepare(pictures.read_picture(bytes(damaged)))
        except pictures.PictureError as error:
            assert_one_sentence(error)
