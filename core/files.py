"""Writing files so that a reader sees the old one or the new one, whole."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4


@contextmanager
def partial(path: Path, content: bytes) -> Iterator[Path]:
    """Write beside the target and flush to the disk; remove it unless it was renamed by then."""
    written = path.with_name(f".{path.name}.{uuid4().hex[:8]}.partial")
    try:
        with written.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield written
    finally:
        written.unlink(missing_ok=True)


def replace(path: Path, content: bytes) -> None:
    """Put `content` in the place of the file, or fail and leave the old one."""
    with partial(path, content) as written:
        os.replace(written, path)
