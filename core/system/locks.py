"""File locks that the kernel releases however their holder dies; a child process that inherits the file keeps the lock.

The package filelock offers neither: its `release` also takes the lock from a child that inherited the file, and it can
test a lock only by taking it.
"""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


def acquire(path: Path, *, patience: float = 0.0) -> BinaryIO | None:
    """Return the file that holds the lock until it is closed; None if it stays taken for `patience` seconds."""
    file, end = path.open("ab"), time.monotonic() + patience
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return file
        except OSError:
            if time.monotonic() >= end:
                file.close()
                return None
            time.sleep(0.005)


@contextmanager
def hold(path: Path) -> Iterator[None]:
    """Wait for the lock and hold it; another thread or process waits meanwhile."""
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def is_held(path: Path) -> bool:
    """Say whether a process holds the lock. The check takes it for a moment, so `acquire` it with some patience."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False
