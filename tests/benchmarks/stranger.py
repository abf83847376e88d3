"""What a class notices of one visitor who does the worst they can, for a minute: waiting times and memory."""

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import numpy as np

from core.digits import datasets
from core.jobs.run_folders import RUNS_VARIABLE
from tests import ROOT
from tests.benchmarks import Measured, NotMeasurable
from tests.browser import serve
from tests.many_visitors import Unusable, draw_for, usage, visit, warm_up
from tests.visitor import Visitor

CLASSMATES, STROKES = 2, 30  # one stroke every two seconds: a minute
AFTER = 180  # seconds: Streamlit keeps a closed tab's session for two minutes


@dataclass(frozen=True)
class Minutes:
    """The strokes of classmates without the stranger and with them, and the server's memory before and after."""

    without: list[float]
    beside: list[float]
    before: float
    after: float


def stranger_p95() -> Measured:
    found = _minutes()
    without, beside = (float(np.percentile(taken, 95)) for taken in (found.without, found.beside))
    return Measured(beside / without, [beside / without], f"{without:.0f} ms without, {beside:.0f} ms beside them.")


def stranger_memory() -> Measured:
    found = _minutes()
    grown = found.after - found.before
    return Measured(grown, [grown], f"{found.before:.0f} MB before, {found.after:.0f} MB {AFTER} s after.")


@cache
def _minutes() -> Minutes:
    if not datasets.is_available("MNIST"):
        raise NotMeasurable("MNIST is not on this machine, and the networks would read other digits.")
    drawings = draw_for(CLASSMATES, STROKES)
    try:
        with tempfile.TemporaryDirectory() as runs, serve(**{RUNS_VARIABLE: runs}) as address:
            asyncio.run(warm_up(address))
            asyncio.run(_open_every_page(address))
            without = asyncio.run(visit(address, drawings)).taken
            before = usage(address).memory
            with _stranger(address):
                beside = asyncio.run(visit(address, drawings)).taken
            time.sleep(AFTER)
            return Minutes(without, beside, before, usage(address).memory)
    except Unusable as reason:
        raise NotMeasurable(str(reason)) from None


async def _open_every_page(address: str) -> None:
    """Let the pages load what they need: it stays, whoever opens them first."""
    visitor = Visitor(address)
    await visitor.open_every_page()
    await visitor.close()


@contextmanager
def _stranger(address: str) -> Iterator[None]:
    """Let a stranger do all that `tests.stranger` knows as long as this lasts."""
    with subprocess.Popen([sys.executable, "-m", "tests.stranger", address], cwd=ROOT) as stranger:
        try:
            yield
        finally:
            stranger.kill()
