"""Files, pictures and drawings that are refused, each in one sentence."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from core.digits import drawing, pictures
from core.digits.photographs import finding
from tests.drawn_pictures import (
    DARK,
    FILES,
    INK,
    image,
    in_svg,
    lit,
    noisy,
    png_header,
    saved,
    svg_bomb,
)
from tests.sentences import assert_one_sentence
from tests.zip_files import zipped


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
    "ZIP": zipped(("digit.png", saved(DARK))),
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


@pytest.mark.parametrize("kind", FILES)
def test_damage_anywhere_gives_a_picture_or_a_sentence(kind: str) -> None:
    random = np.random.default_rng(0)
    data = saved(Image.fromarray(DARK).resize((40, 40)), kind)
    for _ in range(60):
        damaged = bytearray(data)
        for at in random.integers(0, min(len(data), 200), 3):
            damaged[at] = random.integers(256)
        try:
            finding.find_digits(pictures.read_picture(bytes(damaged)))
        except pictures.PictureError as error:
            assert_one_sentence(error)
