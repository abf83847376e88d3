"""Atomic file writing, and sentences for errors: a reader sees either the whole old file or the whole new one."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # the disk, or the quota, is full


@contextmanager
def temporary_file(path: Path, content: bytes) -> Iterator[Path]:
    """Write a temporary file next to the target and yield it, flushed to the disk; remove it unless it was renamed.

    Raises OSError, which names the folder.
    """
    temporary = path.with_name(f".{path.name}.{uuid4().hex[:8]}.partial")
    try:
        _write(temporary, content)
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def _write(path: Path, content: bytes) -> None:
    try:
        with path.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path.parent)) from error


def write_atomically(path: Path, content: bytes) -> None:
    """Replace the file's content, or raise OSError and leave the old file."""
    with temporary_file(path, content) as temporary:
        os.replace(temporary, path)


def overwrite_in_place(path: Path, content: bytes) -> None:
    """Overwrite an existing file, not atomically: this needs no space, so it works on a full disk."""
    with path.open("r+b") as file:
        file.write(content)
        file.truncate()


def check_writable(folder: Path) -> None:
    """Create the folder and write a trial file, before hours of work. Raises OSError, which names the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with temporary_file(folder / "trial", b""):
        pass


def remove_leftovers(folder: Path) -> None:
    """Remove temporary files of killed processes. Call it only while nothing else writes there."""
    for left in folder.rglob(".*.partial"):
        left.unlink(missing_ok=True)


def describe_error(error: OSError | ValueError, what: str = "") -> str:
    """Return one sentence for the user; it names `what`, or else the file. A ValueError's message is one already."""
    if isinstance(error, ValueError):
        return str(error)
    if error.errno in DISK_FULL:
        return "There is no room left on the disk; what was finished before is kept."
    return f"{what or error.filename or 'A file'} cannot be used: {error.strerror or error}."
