"""Lets long computations stop early: when the visitor has left, or when their time is over.

A page cannot be told to stop while it computes. The server of the pages installs checks that end such work; a command,
a job and a notebook install none.
"""

from collections.abc import Callable

_checks: list[Callable[[], None]] = []


def install(check: Callable[[], None]) -> None:
    """Call `check` between the parts of all work of this process from now on; it raises what ends the work."""
    _checks.append(check)


def check() -> None:
    """Raise what an installed check raises, if the work has to end."""
    for one in _checks:
        one()
