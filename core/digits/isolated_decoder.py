"""HEIC, PDF and SVG files -> PNG, in a process of its own.

Their decoders are large programs that a file of a stranger may make hang, crash or open other files. So each file is
decoded by `render_document`, which ends after some seconds. `run_program` reads other files of strangers (ONNX) in the
same way.
"""

import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from subprocess import DEVNULL, PIPE

from core.digits import render_document
from core.system import interrupts

PROGRAM = Path(render_document.__file__)
DECODERS = 2  # that many files are decoded at the same time
MAX_SECONDS = 10.0  # of decoding, on the clock; `render_document` limits the processor's time
MAX_WAIT = 30.0  # seconds until a decoder is free: two of the slowest files that are waited for, and more
CHECK_EVERY = 0.1  # seconds between two checks whether the work has to end
HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
HEAD = 20_000  # bytes that tell the kind of a file
PDF = re.compile(rb"(?:\xef\xbb\xbf|\0)*[\t\n\f\r -~]{0,1000}?%PDF-")  # readers take what has text before it
SVG = re.compile(r"\s*<(?:svg|[?!].{0,4000}?<(?:\w+:)?svg)[\s>]", re.IGNORECASE | re.DOTALL)
BUSY = -1000  # no exit status: no decoder was free
ENDED = (-6, -9, -24)  # by SIGABRT, SIGKILL and SIGXCPU: memory or the processor's time ran out

_turns = threading.BoundedSemaphore(DECODERS)


class DecoderError(Exception):
    """A file cannot be decoded: `status` is the exit status of `render_document`, or BUSY."""

    def __init__(self, status: int = 1) -> None:
        super().__init__(status)
        self.status = status


def find_kind(data: bytes) -> str | None:
    """Return "HEIC", "PDF" or "SVG" by the first bytes of a file; None for every other file."""
    if data[4:8] == b"ftyp" and data[8:12] in HEIC_BRANDS and b"avif" not in data[8:40]:
        return "HEIC"
    if SVG.match(render_document.to_text(data[:HEAD])):
        return "SVG"
    return "PDF" if PDF.match(data) else None


def render(data: bytes, kind: str, side: int, pixels: int) -> bytes:
    """Return the picture, a PDF's first page, as PNG. Raises DecoderError.

    PDF and SVG have no size in pixels: their longer side gets `side`. A HEIC of more than `pixels` is refused.
    """
    return run_program(PROGRAM, (kind, str(side), str(pixels)), data)


def run_program(program: Path, arguments: Sequence[str], data: bytes, seconds: float | None = None) -> bytes:
    """Return the output of one of our programs that reads a file of a stranger. Raises DecoderError.

    It is ended after so many `seconds` on the clock (default: MAX_SECONDS).
    """
    try:
        with _turn():
            status, output = _run([sys.executable, "-P", str(program), *arguments], data, seconds or MAX_SECONDS)
    except OSError as error:
        raise DecoderError from error
    if status:
        raise DecoderError(render_document.TOO_COSTLY if status in ENDED else status)
    return output


@contextmanager
def _turn() -> Iterator[None]:
    """Wait until fewer than DECODERS files are decoded. Raises DecoderError with BUSY after MAX_WAIT seconds."""
    end = time.monotonic() + MAX_WAIT
    while not _turns.acquire(timeout=CHECK_EVERY):
        interrupts.check()
        if time.monotonic() > end:
            raise DecoderError(BUSY)
    try:
        yield
    finally:
        _turns.release()


def _run(command: list[str], data: bytes, seconds: float) -> tuple[int, bytes]:
    """Return the exit status and the output of a program that reads `data`; end it when the caller is interrupted.

    A thread waits for it: `communicate` with a timeout would not send the rest of `data` after the timeout.
    """
    start = time.monotonic()
    with subprocess.Popen(command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL) as process, ThreadPoolExecutor(1) as thread:
        answer = thread.submit(process.communicate, data)
        try:
            while not wait([answer], CHECK_EVERY).done:
                interrupts.charge(CHECK_EVERY)
                interrupts.check()
                if time.monotonic() > start + seconds:
                    raise DecoderError(render_document.TOO_COSTLY)
        finally:
            process.kill()
        picture, _ = answer.result()
        return process.wait(), picture
