"""Writing files so that a reader sees the old one or the new one, whole, and saying why one could not be written."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # the disk, or what this account may use of it


@contextmanager
def temporary_file(path: Path, content: bytes) -> Iterator[Path]:
    """Write beside the target and flush to the disk; remove it unless it was renamed by then.

    Raises OSError, which names the folder.
    """
    written = path.with_name(f".{path.name}.{uuid4().hex[:8]}.partial")
    try:
        _write(written, content)
        yield written
    finally:
        written.unlink(missing_ok=True)


def _write(path: Path, content: bytes) -> None:
    try:
        with path.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path.parent)) from error


def write_atomically(path: Path, content: bytes) -> None:
    """Put `content` in the place of the file, or fail and leave the old one."""
    with temporary_file(path, content) as written:
        os.replace(written, path)


def overwrite_in_place(path: Path, content: bytes) -> None:
    """Write over what is in the file: that needs no room, so it is for a last word on a full disk, and not atomic."""
    with path.open("r+b") as file:
        file.write(content)
        file.truncate()


def check_writable(folder: Path) -> None:
    """Make the folder and try whether files can be written there, before hours of work. Raises OSError, naming it."""
    folder.mkdir(parents=True, exist_ok=True)
    with temporary_file(folder / "trial", b""):
        pass


def remove_leftovers(folder: Path) -> None:
    """Remove what writers that were killed have left; for those who know that nobody else writes there now."""
    for left in folder.rglob(".*.partial"):
        left.unlink(missing_ok=True)


def describe_error(error: OSError | ValueError, what: str = "") -> str:
    """Return one sentence for the person whose work met this error; `what` could not be used, else the file's name.

    A ValueError's own words are meant for people already.
    """
    if isinstance(error, ValueError):
        return str(error)
    if error.errno in DISK_FULL:
        return "There is no room left on the disk; what was finished before is kept."
    return f"{what or error.filename or 'A file'} cannot be used: {error.strerror or error}."
