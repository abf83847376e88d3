"""Zip files from outside: their files are counted before the list is parsed, and each fault is an ArchiveError."""

import io
import lzma
import struct
import zipfile
import zlib

ENTRY = b"PK\x01\x02"  # begins every file's entry in a zip's list of files
# What `zipfile`, and NumPy with it, raises for damaged content, unknown compressions and passwords.
FAULTS = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, RuntimeError, ValueError)


class ArchiveError(ValueError):
    """A file that is no zip, a damaged one, or one that lists too many files."""

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
