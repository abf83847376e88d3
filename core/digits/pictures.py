"""Files and arrays -> pictures: opened, turned upright, checked and limited in size. `photographs` finds the digits.

A file that is no such picture raises PictureError with one sentence.
"""

import io
import warnings

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from core.digits import isolated_decoder, render_document

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
MAX_MEGABYTES = 25  # of 1024**2 bytes, as Streamlit counts
MAX_BYTES = MAX_MEGABYTES * 1024**2
MAX_PIXELS = 50_000_000
MAX_SIDE = 1000  # fifty times the 20 pixels of the digit
UNKNOWN = "The file is not a PNG, JPEG, HEIC, WebP, GIF, BMP, TIFF, AVIF, SVG or PDF that can be read."
TOO_MANY_PIXELS = f"The picture has more than {MAX_PIXELS // 10**6} million pixels; save it smaller and try again."
DAMAGED = "The picture is damaged and cannot be read."
TOO_COSTLY = "The picture takes too long or too much memory to open; save it as a PNG or JPEG and try again."
BUSY = "Many pictures are being opened at the moment; wait a minute and choose the file again."
DECODER_ERRORS = {
    render_document.TOO_LARGE: TOO_MANY_PIXELS,
    render_document.LOCKED: "The PDF is locked with a password; save it without one.",
    render_document.TOO_COSTLY: TOO_COSTLY,
    isolated_decoder.BUSY: BUSY,
}


class PictureError(ValueError):
    """A picture without a usable digit; the message is one sentence for the user."""


class SlowPictureError(PictureError):
    """A picture that was given up: it took too much time or memory, or no decoder was free."""


def read_picture(data: bytes) -> Image.Image:
    """Open a picture file, turned upright by its EXIF orientation: the first frame, of a PDF the first page.

    It is L, RGB or RGBA, of at most MAX_SIDE pixels a side. JPEG, PNG, HEIC, WebP, GIF, BMP, TIFF, AVIF, SVG and PDF
    are recognised by their content. Raises PictureError, and nothing else, for a file of another kind, damaged or too
    large.
    """
    if not data:
        raise PictureError("The file is empty.")
    if len(data) > MAX_BYTES:
        raise PictureError(f"The file is larger than {MAX_MEGABYTES} MB; save the picture smaller and try again.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about odd metadata, and sizes that are refused here anyway
            return limit(_decoded(_without_document(data)))
    except PictureError:
        raise
    except isolated_decoder.DecoderError as error:
        slow = error.status in (render_document.TOO_COSTLY, isolated_decoder.BUSY)
        raise (SlowPictureError if slow else PictureError)(DECODER_ERRORS.get(error.status, DAMAGED)) from error
    except Image.DecompressionBombError as error:
        raise PictureError(TOO_MANY_PIXELS) from error
    except UnidentifiedImageError as error:
        raise PictureError(UNKNOWN) from error
    except Exception as error:  # Pillow's decoders raise OSError, SyntaxError, struct.error, MemoryError and more
        raise PictureError(DAMAGED) from error


def count_pixels(data: bytes) -> int:
    """Return the number of pixels that a file says its picture has; 0 where `read_picture` would refuse it at once."""
    if isolated_decoder.find_kind(data):
        return MAX_SIDE**2  # decoded in a process with limits of its own
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            return image.width * image.height
    except Exception:  # as many kinds as there are in `read_picture`, which says what is wrong
        return 0


def from_array(pixels: NDArray[np.uint8]) -> Image.Image:
    """Return a uint8 array (H, W), (H, W, 3) or (H, W, 4) as a picture. Raises PictureError."""
    if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8:
        raise PictureError("A picture must be made of whole brightness values from 0 to 255.")
    if pixels.ndim not in (2, 3) or pixels.ndim == 3 and pixels.shape[2] not in (3, 4):
        raise PictureError("A picture must have rows and columns of gray or coloured pixels.")
    if not pixels.size:
        raise PictureError("The picture has no pixels.")
    return Image.fromarray(np.ascontiguousarray(pixels))


def limit(image: Image.Image) -> Image.Image:
    """Return the picture as L, RGB or RGBA of at most MAX_SIDE pixels a side."""
    _check_pixels(image)
    try:
        image.load()
        if image.mode[0] in "IF":
            image = Image.fromarray(_eight_bits(image))
        elif image.mode == "LAB":
            image = image.getchannel("L")
        elif image.mode not in ("L", "RGB", "RGBA"):
            image = image.convert("RGBA" if image.has_transparency_data else "RGB")
        return image if max(image.size) <= MAX_SIDE else image.resize(_limited(image.size), Image.Resampling.BOX)
    except (OSError, SyntaxError, ValueError, MemoryError) as error:  # opened elsewhere and damaged
        raise PictureError(DAMAGED) from error


def _limited(size: tuple[int, int]) -> tuple[int, int]:
    width, height = (max(1, round(one * MAX_SIDE / max(size))) for one in size)
    return width, height


def _without_document(data: bytes) -> bytes:
    """Return the file, or the PNG made of it where Pillow alone cannot read it."""
    kind = isolated_decoder.find_kind(data)
    return data if kind is None else isolated_decoder.render(data, kind, MAX_SIDE, MAX_PIXELS)


def _decoded(data: bytes) -> Image.Image:
    _opened(data).verify()  # finds damage that decoding skips, and leaves the image unusable
    image = _opened(data)
    image.load()
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # broken metadata beside good pixels
        return image


def _opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data), formats=FORMATS)
    _check_pixels(image)
    if max(image.size) > MAX_SIDE:
        image.draft(image.mode, _limited(image.size))  # a JPEG is decoded at a half, a quarter or an eighth
    return image


def _check_pixels(image: Image.Image) -> None:
    if image.width * image.height > MAX_PIXELS:
        raise PictureError(TOO_MANY_PIXELS)
    if not image.width or not image.height:
        raise PictureError("The picture has no pixels.")


def _eight_bits(image: Image.Image) -> NDArray[np.uint8]:
    """Convert integers or floats to 8 bits; white is the smallest usual maximum (1, 255, 65535) that fits."""
    values = np.asarray(image).astype(np.float32).clip(0)
    white = 65535 if ";16" in image.mode else next((w for w in (1, 255, 65535) if w >= values.max()), values.max())
    if not np.isfinite(values).all():
        raise PictureError("The picture has pixels without a brightness.")
    return (values / white * 255).round().astype(np.uint8)
