"""How large an uploaded file may be, and how much memory all may take: of a tab, of an address, and in total.

Streamlit's upload endpoint stores what any open tab sends, also from a page without an upload. A tab that sends too
much is refused. Where an address or all visitors hold too much, the tab that holds most loses its oldest files; a file
that still arrives cannot be dropped.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from core.digits.pictures import MAX_MEGABYTES

FILE_MEGABYTES, LARGE_FILE_MEGABYTES = 5, MAX_MEGABYTES  # of 1024**2 bytes, as Streamlit counts
MAX_SESSION_BYTES, MAX_SESSION_FILES = 50_000_000, 300
MAX_ADDRESS_BYTES, MAX_TOTAL_BYTES = 100_000_000, 200_000_000
TOO_LARGE = f"This file is larger than {FILE_MEGABYTES} MB."
FULL = "This tab holds too many uploaded files; remove some, or reload the page."
BUSY = "Too many files are being uploaded at the moment; try again in a few seconds."


class UploadRefused(ValueError):
    """A file that is too large, or for which a tab has no room; the message is one sentence."""


@dataclass(frozen=True)
class Held:
    """The uploaded files of one session."""

    address: str | None
    """Where its browser connects from; None: its tab is closed."""
    files: Mapping[str, int]
    """The bytes of each file by its id, the oldest first."""
    arriving: tuple[int, ...] = ()
    """The bytes of each file that is still being sent."""

    @property
    def size(self) -> int:
        return sum(self.files.values()) + sum(self.arriving)


def check_size(size: int, *, large: bool) -> None:
    """Raise UploadRefused for a file that is too large; `large`: its tab has shown an upload for large files.

    What is larger than any upload may be is refused before: by Streamlit, or as more than a tab can hold.
    """
    if size > FILE_MEGABYTES * 1024**2 and not large:
        raise UploadRefused(TOO_LARGE)


def find_files_to_drop(held: Mapping[str, Held], session: str, size: int) -> list[tuple[str, str]]:
    """Return the files, as (session, file), that make room for a file of `size` bytes. Raises UploadRefused."""
    own = held[session]
    if own.size + size > MAX_SESSION_BYTES or len(own.files) + len(own.arriving) >= MAX_SESSION_FILES:
        raise UploadRefused(FULL)
    dropped = list(_oldest_files({name: one for name, one in held.items() if one.address == own.address}, size))
    left = {name: _without(one, name, dropped) for name, one in held.items()}
    return dropped + list(_oldest_files(left, size, MAX_TOTAL_BYTES))


def _oldest_files(held: Mapping[str, Held], size: int, limit: int = MAX_ADDRESS_BYTES) -> Iterator[tuple[str, str]]:
    """Yield the oldest files of whoever holds most, until `size` more bytes are within the limit.

    Raises UploadRefused when only files that still arrive are left.
    """
    left = dict(held)
    while size + sum(one.size for one in left.values()) > limit:
        session = max((name for name, one in left.items() if one.files), key=lambda name: left[name].size, default=None)
        if session is None:
            raise UploadRefused(BUSY)
        file = next(iter(left[session].files))
        left[session] = _without(left[session], session, [(session, file)])
        yield session, file


def _without(held: Held, session: str, dropped: list[tuple[str, str]]) -> Held:
    files = {file: size for file, size in held.files.items() if (session, file) not in dropped}
    return replace(held, files=files)
