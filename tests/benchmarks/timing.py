"""Things that take turns, so that whatever else the machine does slows all of them alike."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True, eq=False)
class Run:
    """One turn: how long it took, and what it returned."""

    seconds: float
    result: Any


Runs = dict[str, list[Run]]


def side_by_side(contenders: Mapping[str, Callable[[], object]], rounds: int) -> Runs:
    """Let every contender run once for nothing and then once in each round, in turn."""
    runs: Runs = {name: [] for name in contenders}
    for counted in (False, *[True] * rounds):
        for name, contender in contenders.items():
            run = _timed(contender)
            if counted:
                runs[name].append(run)
    return runs


def _timed(contender: Callable[[], object]) -> Run:
    start = time.perf_counter()
    result = contender()
    return Run(time.perf_counter() - start, result)


def seconds(runs: Sequence[Run]) -> list[float]:
    """Return how long each turn took."""
    return [run.seconds for run in runs]


def ratios(above: Sequence[float], below: Sequence[float]) -> list[float]:
    """Return one ratio per round."""
    return [over / under for over, under in zip(above, below, strict=True)]


def fastest(runs: Runs, *names: str) -> str:
    """Return which of the named contenders is usually the fastest."""
    return min(names, key=lambda name: median(seconds(runs[name])))
