"""The command line, `python -m core VERB`: it chooses the verb's module in `core.commands` and reports errors."""

import argparse
from collections.abc import Sequence

from core.commands import attack, data, evaluate, jobs, maximize, pmnist, predict, study, train
from core.commands.terminal import BAD_INPUT, DONE, INTERRUPTED, say
from core.system import files

VERBS = {
    "data": (data, "download a data set, or describe the one that is here"),
    "train": (train, "train a shipped network again"),
    "evaluate": (evaluate, "accuracy on whole digits and on every cut"),
    "predict": (predict, "what every network reads in picture files"),
    "pmnist": (pmnist, "write the 40,000 partial test digits"),
    "attack": (attack, "noise that makes a network misread digits"),
    "maximize": (maximize, "pictures that activate a neuron most"),
    "study": (study, "many seeds: what is reproduced and what is not"),
    "jobs": (jobs, "list, start, stop or resume trainings"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; return 0 when done, 2 for bad input, 130 when interrupted."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options) or DONE)
    except (ValueError, OSError) as error:
        say(files.describe_error(error))
        return BAD_INPUT
    except KeyboardInterrupt:
        say("Interrupted; what was finished is kept.")
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m core", description="Negative Space from the command line.")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    for name, (command, text) in VERBS.items():
        verb = verbs.add_parser(name, help=text, description=text.capitalize() + ".")
        verb.add_argument("--json", action="store_true", help="one JSON object on stdout, everything else on stderr")
        verb.set_defaults(run=command.run)
        command.add_arguments(verb)
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
