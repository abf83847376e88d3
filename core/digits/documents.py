"""HEIC, PDF and SVG files -> PNG, in a process of its own.

Their decoders are large programs that a file of a stranger may make hang, crash or open other files. So each file is
decoded by `render_document`, which ends after some seconds.
"""

import re
import subprocess
import sys
import threading
from pathlib import Path

from core.digits import render_document

PROGRAM = Path(render_document.__file__)
MAX_SECONDS = 30  # the time on the clock; `render_document` limits the processor's
HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
SVG = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:svg|[?!].{0,4000}?<(?:\w+:)?svg)[\s>]", re.IGNORECASE | re.DOTALL)
SENTENCES = {
    render_document.TOO_LARGE: "The picture has too many pixels; save it smaller and try again.",
    render_document.LOCKED: "The PDF is locked with a password; save it without one.",
}

_turns = threading.BoundedSemaphore(2)  # that many are decoded at the same time


class DocumentError(ValueError):
    """A file that cannot be decoded; the message is one sentence, or empty where only its damage is known."""


def find_kind(data: bytes) -> str | None:
    """Return "HEIC", "PDF" or "SVG" by the first bytes of a file; None for every other file."""
    if data[4:8] == b"ftyp" and data[8:12] in HEIC_BRANDS and b"avif" not in data[8:40]:
        return "HEIC"
    if data.startswith(b"%PDF-"):
        return "PDF"
    return "SVG" if SVG.match(data) else None


def render(data: bytes, kind: str, side: int, pixels: int) -> bytes:
    """Return the picture, a PDF's first page, as PNG. Raises DocumentError.

    PDF and SVG have no size in pixels: their longer side gets `side`. A HEIC of more than `pixels` is refused.
    """
    command = [sys.executable, "-P", str(PROGRAM), kind, str(side), str(pixels)]
    try:
        with _turns:
            done = subprocess.run(command, input=data, capture_output=True, timeout=MAX_SECONDS)
    except (subprocess.TimeoutExpired, OSError) as error:
        raise DocumentError from error
    if done.returncode:
        raise DocumentError(SENTENCES.get(done.returncode, ""))
    return done.stdout
