"""Measure the named figures or all of them; a table for people, `--json` for machines, progress on stderr."""

import argparse
import fnmatch
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from tests.benchmarks import BENCHMARKS, Figure, measure

DONE, BAD_INPUT, INTERRUPTED = 0, 2, 130
QUIET_LOAD = 0.7  # above it, figures about time measure the other work too


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 when measured, whatever the figures are; 2 for an unknown name; 130 when interrupted."""
    options = _parser().parse_args(arguments)
    unknown = [name for name in options.names if not fnmatch.filter(BENCHMARKS, name)]
    if unknown:
        say(f"There is no benchmark called {unknown[0]!r}; --list names them all.")
        return BAD_INPUT
    if options.list:
        print("\n".join(f"{name:26}{benchmark.what}" for name, benchmark in BENCHMARKS.items()))
        return DONE
    figures: dict[str, Figure] = {}
    names = [one for one in BENCHMARKS if any(fnmatch.fnmatch(one, name) for name in options.names or ["*"])]
    status = _measure_all(names, figures, options.out)
    print(_to_json(figures) if options.json else table(figures))
    return status


def _to_json(figures: Mapping[str, Figure]) -> str:
    return json.dumps({name: asdict(figure) for name, figure in figures.items()})


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="Measure the figures we promise.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="which figures; 'cuda-*': many; none: all")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout, everything else on stderr")
    parser.add_argument("--out", type=Path, metavar="FILE", help="also write the JSON here, after every figure")
    parser.add_argument("--list", action="store_true", help="say which figures there are, and measure nothing")
    return parser


def _measure_all(names: Sequence[str], figures: dict[str, Figure], out: Path | None) -> int:
    """Fill `figures` in, and the file `out`; what was measured before an interruption stays."""
    load = os.getloadavg()[0]
    if load > QUIET_LOAD:
        say(f"This machine is busy (load {load:.1f}), so figures about time may come out worse or better.")
    try:
        for number, name in enumerate(names, 1):
            start = time.perf_counter()
            figures[name] = measure(name)
            if out is not None:
                out.write_text(_to_json(figures))
            took = time.perf_counter() - start
            say(f"[{number}/{len(names)}] {name}: {_shown(figures[name].figure)} ({took:.0f} s)")
    except KeyboardInterrupt:
        say("Interrupted; what was measured is kept.")
        return INTERRUPTED
    return DONE


def table(figures: Mapping[str, Figure]) -> str:
    """Return the figures below one another, as text."""
    lines = [f"{'':26}{'figure':>9}  {'goal':<9}{'holds':<7}{'runs':<20}"]
    for name, figure in figures.items():
        spread = f"{len(figure.runs)}: {min(figure.runs):g} to {max(figure.runs):g}" if figure.runs else ""
        holds = {True: "yes", False: "NO", None: ""}[figure.holds]
        lines.append(f"{name:26}{_shown(figure.figure):>9}  {_goal(figure):<9}{holds:<7}{spread:<20}")
        lines.append(f"{'':4}{figure.what}")
    return "\n".join(lines)


def _goal(figure: Figure) -> str:
    return "" if figure.goal is None else f"{'>=' if figure.better == 'higher' else '<'} {figure.goal:g}"


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def say(sentence: str) -> None:
    """Print one sentence for people, on stderr."""
    print(sentence, file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
