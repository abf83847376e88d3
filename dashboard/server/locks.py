"""Locks that all visitors share."""

from __future__ import annotations

import threading
from functools import cache
from typing import Literal


@cache
def one_at_a_time(work: Literal["live", "long", "noise"] = "live") -> threading.RLock:
    """Return the lock under which this kind of work is done.

    PyTorch work of thirty visitors at once only competes for the interpreter. Each kind has its own lock, so that long
    work leaves a processor to live pages; only one universal noise is computed at a time.
    """
    return threading.RLock()
