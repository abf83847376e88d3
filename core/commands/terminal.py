"""Exit codes, and what the command line prints: the answer on stdout, everything else on stderr."""

import argparse
import json
import sys
from collections.abc import Iterable
from typing import Any

DONE, BAD_INPUT, INTERRUPTED = 0, 2, 130


def progress(share: float, text: str) -> None:
    """Draw a progress bar on a terminal; nothing elsewhere. `share` is 0 to 1."""
    if sys.stderr.isatty():
        filled = round(30 * share)
        end = "\n" if share >= 1 else ""
        print(f"\r[{'#' * filled}{'.' * (30 - filled)}] {text:<60}", end=end, file=sys.stderr, flush=True)


def say(sentence: str) -> None:
    """Print one sentence on stderr."""
    print(sentence, file=sys.stderr, flush=True)


def answer(options: argparse.Namespace, result: dict[str, Any], lines: Iterable[str] | None = None) -> None:
    """Print the result: one JSON object with `--json`, else these lines (default: the object, indented)."""
    if options.json:
        print(json.dumps(result))
    else:
        print(json.dumps(result, indent=2) if lines is None else "\n".join(lines))
