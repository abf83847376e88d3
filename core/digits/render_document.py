"""The program that decodes one file whose decoder could hang, crash or open other files: HEIC, PDF or SVG.

`render_document.py KIND SIDE PIXELS < file > picture.png` ends with TOO_LARGE, LOCKED or TOO_COSTLY instead of a
picture. It may use little time and memory, and open no file and no connection once it has read its input.
"""

import io
import re
import sys
from math import ceil
from typing import Any

from PIL import Image

TOO_LARGE, LOCKED, TOO_COSTLY = 3, 4, 5  # exit statuses; the last: too much time or memory
CPU_SECONDS, MEMORY = 10, 1_500_000_000  # bytes
UTF_16 = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"<\0": "utf-16-le", b"\0<": "utf-16-be"}  # by two bytes
OUTSIDE = re.compile(r"""href\s*=\s*(["'])(?!#|data:).*?\1""", re.IGNORECASE | re.DOTALL)


def main() -> None:
    """Write the picture, at most SIDE pixels a side where its size is free, as PNG."""
    kind, side, pixels = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    content = sys.stdin.buffer.read()
    text = to_text(content) if kind == "SVG" else ""  # Python opens a file for each encoding that it is first asked for
    Image.preinit()  # loads what writes PNG
    load_decoder(kind)
    confine()
    if kind == "HEIC":
        picture = render_heic(content, side, pixels)
    else:
        picture = render_pdf(content, side) if kind == "PDF" else render_svg(text, side)
    sys.stdout.buffer.write(picture)


def load_decoder(kind: str) -> None:
    """Import what decodes such files, while this process may open files; the server imports this module without it."""
    if kind == "HEIC":
        import pi_heif  # noqa: F401
    elif kind == "PDF":
        import pypdfium2  # noqa: F401
    else:
        import resvg_py  # noqa: F401


def confine() -> None:
    """Limit what this process may use from now on; Windows has no such limits."""
    if sys.platform == "win32":
        return
    import os
    import resource

    os.nice(5)  # pages come first, but a photo must be done within seconds on a busy machine
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = ceil(used.ru_utime + used.ru_stime) + CPU_SECONDS  # what was imported does not count

    limits = {"CPU": seconds, "AS": MEMORY, "CORE": 0, "NOFILE": 3}  # three: input, output and errors are open
    for name, most in limits.items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (most, most))


def render_heic(content: bytes, side: int, pixels: int) -> bytes:
    """Return the first picture of a HEIC or HEIF file, upright, as PNG; end the program if it has too many pixels."""
    import pi_heif

    found = pi_heif.open_heif(content, convert_hdr_to_8bit=True)
    if found.size[0] * found.size[1] > pixels:
        sys.exit(TOO_LARGE)
    picture = found.to_pillow()
    picture.thumbnail((side, side), Image.Resampling.BOX)
    return to_png(picture)


def render_pdf(content: bytes, side: int) -> bytes:
    """Return the first page of a PDF as PNG; end the program if it needs a password."""
    import pypdfium2

    try:
        page = pypdfium2.PdfDocument(content)[0]
    except pypdfium2.PdfiumError as error:
        sys.exit(LOCKED if "password" in str(error).lower() else 1)
    return to_png(page.render(scale=side / max(page.get_size())).to_pil())


def to_text(content: bytes) -> str:
    """Return the text of an SVG file: UTF-16 where its first bytes say so, else UTF-8."""
    return content.decode(UTF_16.get(content[:2], "utf-8-sig"), "replace")


def render_svg(text: str, side: int) -> bytes:
    """Return an SVG as PNG, without what it refers to in other files; resvg runs no scripts and loads no address."""
    import resvg_py

    own = OUTSIDE.sub('href=""', text)
    return bytes(resvg_py.svg_to_bytes(svg_string=own, width=side, height=side, skip_system_fonts=True))


def to_png(picture: Any) -> bytes:
    """Return a Pillow image as a PNG file that is quick to write."""
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=1)
    return file.getvalue()


if __name__ == "__main__":
    try:
        main()
    except MemoryError:
        sys.exit(TOO_COSTLY)
