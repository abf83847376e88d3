"""Many visitors on one small server: `make load`. It starts a server of its own on this machine.

Everyone draws a stroke every two seconds on the main page, read by three networks: how long until the answer is there?
"""

import argparse
import asyncio
import time
from collections.abc import Sequence
from contextlib import nullcontext
from statistics import median

import numpy as np

from tests.benchmarks.jobs import own_runs, training
from tests.browser import serve
from tests.many_visitors import EVERY, Visit, draw_for, usage, visit, warm_up

COLUMNS = ("visitors", "training", "median ms", "95th ms", "strokes", "lost", "errors", "MB each", "cores")
WIDTH = 11
LEFT = 5.0  # seconds until what the visitors had is given back


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a line for each number of visitors, alone and beside a training job, then what memory does in rounds."""
    options = _parser().parse_args(arguments)
    strokes = max(1, round(options.seconds / EVERY))
    drawings = draw_for(max(options.visitors), strokes)
    if options.instant:
        drawings = [[stroke[-1:] for stroke in one] for one in drawings]
    with own_runs(), serve() as address:
        asyncio.run(warm_up(address))
        print("".join(name.rjust(WIDTH) for name in COLUMNS))
        for beside in (False, True) if options.training else (False,):
            with training() if beside else nullcontext():
                for count in options.visitors:
                    print(_line(asyncio.run(visit(address, drawings[:count])), beside), flush=True)
        for number in range(options.rounds):
            before = usage(address).memory
            asyncio.run(visit(address, [one[:2] for one in drawings]))
            time.sleep(LEFT)
            print(f"round {number + 1}: {before:.0f} MB before, {usage(address).memory:.0f} MB after all had left")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=main.__doc__)
    parser.add_argument("--visitors", type=_counts, default=(1, 10, 30, 60), metavar="N,N", help="1,10,30,60")
    parser.add_argument("--seconds", type=float, default=60.0, help="for which each number of them draws")
    parser.add_argument("--rounds", type=int, default=3, help="of coming, drawing and leaving")
    parser.add_argument("--instant", action="store_true", help="the browsers answer strokes, and send their ends only")
    parser.add_argument("--no-training", dest="training", action="store_false", help="not beside a training job too")
    return parser


def _counts(words: str) -> tuple[int, ...]:
    return tuple(int(word) for word in words.split(","))


def _line(found: Visit, beside: bool) -> str:
    cells = (
        f"{found.visitors}",
        "yes" if beside else "no",
        f"{median(found.taken):.0f}",
        f"{np.percentile(found.taken, 95):.0f}",
        f"{len(found.taken)}",
        f"{found.lost}",
        f"{found.errors}",
        f"{found.memory:.2f}",
        f"{found.cpu / found.seconds:.2f}",
    )
    return "".join(cell.rjust(WIDTH) for cell in cells)


if __name__ == "__main__":
    main()
