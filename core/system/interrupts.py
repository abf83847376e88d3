"""Lets long computations stop early: when the visitor has left, or when their time is over.

A page cannot be told to stop while it computes. The server of the pages installs checks that end such work; a job
installs one that waits while others have their turn; a command and a notebook install none.
"""

import threading
import time
from collections.abc import Callable

_charged = threading.local()  # `seconds` of each thread
_discounted = threading.local()
_checks: list[Callable[[], None]] = []


def install(check: Callable[[], None]) -> None:
    """Call `check` between the parts of all work of this process from now on; it raises what ends the work."""
    _checks.append(check)


def check() -> None:
    """Raise what an installed check raises, if the work has to end."""
    for one in _checks:
        one()


def charge(seconds: float) -> None:
    """Count time for which another process worked for this thread as this thread's own."""
    _charged.seconds = _charged_seconds() + seconds


def thread_time() -> float:
    """Return the processor time of this thread and all that was charged to it, in seconds."""
    return time.thread_time() + _charged_seconds()


def _charged_seconds() -> float:
    return getattr(_charged, "seconds", 0.0)


def discount(seconds: float) -> None:
    """Do not count time for which this thread waited for others as time that its work took."""
    _discounted.seconds = _discounted_seconds() + seconds


def working_time() -> float:
    """Return a clock like `time.perf_counter` that stands still while this thread waits for others, in seconds."""
    return time.perf_counter() - _discounted_seconds()


def _discounted_seconds() -> float:
    return getattr(_discounted, "seconds", 0.0)
