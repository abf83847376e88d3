"""What the command line says to people while it works: on stderr, so that stdout holds the answer alone."""

from __future__ import annotations

import sys


def progress(share: float, text: str) -> None:
    """Draw a bar on a terminal; nothing elsewhere."""
    if sys.stderr.isatty():
        filled = round(30 * share)
        end = "\n" if share >= 1 else ""
        print(f"\r[{'#' * filled}{'.' * (30 - filled)}] {text:<60}", end=end, file=sys.stderr, flush=True)


def say(sentence: str) -> None:
    """Print one sentence for people, on stderr."""
    print(sentence, file=sys.stderr, flush=True)
