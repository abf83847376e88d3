"""The command line, `python -m core VERB`: it chooses the verb's module in `core.commands` and reports errors.

Only the module of the chosen verb is imported, since PyTorch takes seconds: help comes at once, and an interruption
during the imports ends like every other one.
"""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from core.commands.terminal import BAD_INPUT, DONE, INTERRUPTED, Parser, say
from core.system import files

VERBS = {
    "data": "download a data set, or describe the one that is here",
    "train": "train a shipped network again",
    "evaluate": "accuracy on whole digits and on every cut",
    "probes": "train linear probes again: where cut digits are lost",
    "predict": "what every network reads in picture files",
    "reference": "measure what MNIST's digits are like",
    "pmnist": "write the 40,000 partial test digits",
    "attack": "noise that makes a network misread digits",
    "maximize": "pictures that activate a neuron most",
    "study": "many seeds: what is reproduced and what is not",
    "music": "pieces of music that are similar",
    "jobs": "list, start, stop or resume trainings",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; return 0 when done, 2 for bad input, 130 when interrupted."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    try:
        options = _parser(words[0] if words else "").parse_args(words)
        return int(options.run(options) or DONE)
    except (ValueError, OSError) as error:
        say(files.describe_error(error))
        return BAD_INPUT
    except KeyboardInterrupt:
        say("Interrupted; what was finished is kept.")
        return INTERRUPTED


def _parser(chosen: str) -> argparse.ArgumentParser:
    """Return the parser of all verbs; only the chosen one has its options."""
    parser = Parser(prog="python -m core", description="Negative Space from the command line.")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    for name, text in VERBS.items():
        verb = verbs.add_parser(name, help=text, description=text.capitalize() + ".")
        if name == chosen:
            command: Any = import_module(f"core.commands.{name}")
            verb.add_argument("--json", action="store_true", help="one JSON object on stdout, the rest on stderr")
            verb.set_defaults(run=command.run)
            command.add_arguments(verb)
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
