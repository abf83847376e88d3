"""HEIC, PDF and SVG files -> PNG, in a process of its own.

Their decoders are large programs that a file of a stranger may make hang, crash or open other files. So each file is
decoded by `render_document`, which ends after some seconds.
"""

import re
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from subprocess import DEVNULL, PIPE

from core.digits import render_document
from core.system import interrupts

PROGRAM = Path(render_document.__file__)
MAX_SECONDS = 30.0  # the time on the clock; `render_document` limits the processor's
CHECK_EVERY = 0.5  # seconds between two checks whether the work has to end
HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
SVG = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:svg|[?!].{0,4000}?<(?:\w+:)?svg)[\s>]", re.IGNORECASE | re.DOTALL)

_turns = threading.BoundedSemaphore(2)  # that many are decoded at the same time


class DecoderError(Exception):
    """A file cannot be decoded: `status` is the exit status of `render_document`, 1 if it was ended."""

    def __init__(self, status: int = 1) -> None:
        super().__init__(status)
        self.status = status


def find_kind(data: bytes) -> str | None:
    """Return "HEIC", "PDF" or "SVG" by the first bytes of a file; None for every other file."""
    if data[4:8] == b"ftyp" and data[8:12] in HEIC_BRANDS and b"avif" not in data[8:40]:
        return "HEIC"
    if data.startswith(b"%PDF-"):
        return "PDF"
    return "SVG" if SVG.match(data) else None


def render(data: bytes, kind: str, side: int, pixels: int) -> bytes:
    """Return the picture, a PDF's first page, as PNG. Raises DecoderError.

    PDF and SVG have no size in pixels: their longer side gets `side`. A HEIC of more than `pixels` is refused.
    """
    command = [sys.executable, "-P", str(PROGRAM), kind, str(side), str(pixels)]
    try:
        with _turns:
            status, picture = _run(command, data)
    except (subprocess.TimeoutExpired, OSError) as error:
        raise DecoderError from error
    if status:
        raise DecoderError(status)
    return picture


def _run(command: list[str], data: bytes) -> tuple[int, bytes]:
    """Return the exit status and the output of a program that reads `data`; end it when the caller is interrupted."""
    end = time.monotonic() + MAX_SECONDS
    with subprocess.Popen(command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL) as process:
        given: bytes | None = data
        try:
            while True:
                with suppress(subprocess.TimeoutExpired):
                    picture, _ = process.communicate(given, timeout=CHECK_EVERY)
                    return process.returncode, picture
                given = None  # all of it was sent
                interrupts.check()
                if time.monotonic() > end:
                    raise subprocess.TimeoutExpired(command, MAX_SECONDS)
        finally:
            process.kill()
