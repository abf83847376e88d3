"""Locks on files that the kernel lets go however their holder dies; a child that inherits the file holds on to it."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


def acquire(path: Path, *, patience: float = 0.0) -> BinaryIO | None:
    """Return the file that holds the lock until it is closed; None when somebody else has it for so many seconds."""
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
    """Wait for the lock and hold it."""
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def is_held(path: Path) -> bool:
    """Say whether somebody holds the lock. To look takes it for a moment, so `take` it with some patience."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False
