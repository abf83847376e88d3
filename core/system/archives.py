"""Zip files from outside: their files are counted before the list is parsed, and each fault is an ArchiveError."""

import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath

from core.system.safe_names import to_safe_name

ENTRY = b"PK\x01\x02"  # begins every file's entry in a zip's list of files
# What `zipfile`, and NumPy with it, raises for damaged content, unknown compressions and passwords.
FAULTS = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, RuntimeError, ValueError)
IGNORED = ("__MACOSX", "Thumbs.db", "desktop.ini")  # files that operating systems add


class ArchiveError(ValueError):
    """A file that is no zip, a damaged, dangerous or too large one; the message continues "The file x"."""

    def __init__(self, reason: str = "is no zip that can be read, or it is damaged") -> None:
        super().__init__(reason)


def open_zip(content: bytes, most_files: int) -> zipfile.ZipFile:
    """Return the open zip. Raises ArchiveError."""
    if content.count(ENTRY) > most_files:  # a small file can list a million
        raise ArchiveError(f"holds more than {most_files:,} files")
    try:
        return zipfile.ZipFile(io.BytesIO(content))
    except FAULTS:
        raise ArchiveError from None


def read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> bytes:
    """Return the first `most` bytes of a file in the zip, whatever size its list states. Raises ArchiveError."""
    try:
        with archive.open(entry) as file:
            return file.read(most)
    except FAULTS:
        raise ArchiveError from None


def read_files(content: bytes, *, most_files: int, most_bytes: int, most_per_file: int) -> Iterator[tuple[str, bytes]]:
    """Yield path and content of each file in a zip, at most `most_per_file` bytes of one; folders are left out.

    The whole list is checked before anything is unpacked, and the real sizes meanwhile. Raises ArchiveError.
    """
    with open_zip(content, most_files) as archive:
        entries = archive.infolist()
        _check_list(entries, most_bytes)
        read = 0
        for entry in filter(_is_wanted, entries):
            found = read_entry(archive, entry, most_per_file)
            read += len(found)
            if read > most_bytes:
                raise ArchiveError("unpacks to more than it says; it is not read")
            yield entry.filename, found


def _check_list(entries: list[zipfile.ZipInfo], most_bytes: int) -> None:
    """Raise ArchiveError for suspicious paths, a password, or too much content."""
    for entry in entries:
        # Nothing is ever written to such a path, but it shows an attack or a broken program.
        parts = PurePosixPath(entry.filename.replace("\\", "/"))
        if parts.is_absolute() or ".." in parts.parts or ":" in entry.filename[:2]:
            raise ArchiveError(f"holds a path that leads outside of it: {to_safe_name(entry.filename)!r}")
        if entry.flag_bits & 1:
            raise ArchiveError("is locked with a password; make one without")
    size = sum(entry.file_size for entry in entries)
    if size > most_bytes:
        raise ArchiveError(f"would unpack to {size / 2**20:,.0f} MB, and at most {most_bytes >> 20} MB are read")


def _is_wanted(entry: zipfile.ZipInfo) -> bool:
    parts = PurePosixPath(entry.filename).parts
    return not (entry.is_dir() or any(part.startswith(".") or part in IGNORED for part in parts))
