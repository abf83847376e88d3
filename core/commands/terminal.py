"""Exit codes, and what the command line prints: the answer on stdout, everything else on stderr."""

import argparse
import json
import sys
from collections.abc import Iterable
from typing import Any, NoReturn

DONE, BAD_INPUT, INTERRUPTED = 0, 2, 130
MAX_REASON = 300  # characters of an error


class Parser(argparse.ArgumentParser):
    """A parser that says in one sentence what is wrong with the words of a command."""

    def error(self, message: str) -> NoReturn:
        """Print the sentence and exit with 2."""
        reason = message[0].upper() + " ".join(message.split())[1:]
        short = reason if len(reason) < MAX_REASON else f"{reason[:MAX_REASON]} ..."
        self.exit(BAD_INPUT, f"{short}; see `{self.prog} --help`.\n")


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
