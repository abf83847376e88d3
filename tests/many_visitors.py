"""Many visitors on one dashboard: how long each waits, and how much memory and processor time the server uses.

They have no browsers, each has a websocket; the server must have been started by this process, on Linux.
"""

import asyncio
import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time
from urllib.parse import urlsplit

import numpy as np

from dashboard.server.scene import DEFAULT_NETWORKS
from tests.visitor import STROKE_LIMIT, Line, Stroke, Visitor, draw_lines

EVERY = 2.0  # seconds from the beginning of a visitor's stroke to that of the next
PAGE = "/compare"
PROCESSES = Path("/proc")


class Unusable(Exception):
    """The server does not answer as it should, or cannot be found; the message is one sentence."""


@dataclass(frozen=True)
class Usage:
    """The memory and processor time that the server had used at one moment."""

    cpu: float
    """Seconds."""
    memory: float
    """Megabytes."""


@dataclass(frozen=True)
class Visit:
    """Waiting times, losses and errors of visitors who came at the same time."""

    visitors: int
    taken: list[float]
    """Milliseconds from the end of each stroke to its readings; one that was never answered has taken its limit."""
    errors: int
    """Exceptions and error messages on their pages."""
    seconds: float
    cpu: float
    """Seconds of the server's processor time while they drew."""
    client: float
    """Seconds of CPU that the visitors themselves took."""
    before: float
    """Megabytes of the server before they came."""
    during: float

    @property
    def lost(self) -> int:
        return sum(stroke >= 1000 * STROKE_LIMIT for stroke in self.taken)

    @property
    def memory(self) -> float:
        """Megabytes for each visitor."""
        return (self.during - self.before) / self.visitors


def draw_for(visitors: int, strokes: int) -> list[list[Stroke]]:
    """Return what each visitor draws: lines in any order, so that each of them leaves new ink and another digit.

    Made before anyone is let in: the visitors share the cores with the server.
    """
    return [draw_lines(_rows(seed, strokes)) for seed in range(visitors)]


def _rows(seed: int, strokes: int) -> list[Line]:
    chance = np.random.default_rng(seed)
    heights = 26 + 250 / strokes * chance.permutation(strokes)
    return [[(chance.uniform(30, 110), y), (chance.uniform(170, 250), y + chance.uniform(-8, 8))] for y in heights]


async def warm_up(address: str) -> None:
    """Open the page once, so that the networks are loaded. Raises Unusable."""
    ((stroke,),) = draw_for(1, 1)
    visitor = Visitor(address)
    await visitor.open(PAGE)
    await visitor.draw(stroke, limit=60)
    await visitor.close()
    if (count := visitor.readings.count("data-answer")) != len(DEFAULT_NETWORKS):
        raise Unusable(f"{count} networks answer instead of {len(DEFAULT_NETWORKS)}.")


async def visit(address: str, drawings: list[list[Stroke]]) -> Visit:
    """Connect all visitors at once, let each draw a stroke every two seconds, and disconnect them."""
    before, visitors = usage(address), [Visitor(address) for _ in drawings]
    await asyncio.gather(*(visitor.open(PAGE) for visitor in visitors))
    await asyncio.sleep(1)
    start, opened, client = perf_counter(), usage(address), process_time()
    starts = [start + EVERY * number / len(visitors) for number in range(len(visitors))]
    with _no_collections():
        found = await asyncio.gather(*map(_draw_all, visitors, drawings, starts))
    during, client, passed = usage(address), process_time() - client, perf_counter() - start
    await asyncio.gather(*(visitor.close() for visitor in visitors))
    return Visit(
        visitors=len(visitors),
        taken=[1000 * stroke for strokes in found for stroke in strokes],
        errors=sum(visitor.errors for visitor in visitors),
        seconds=passed,
        cpu=during.cpu - opened.cpu,
        client=client,
        before=before.memory,
        during=during.memory,
    )


async def _draw_all(visitor: Visitor, strokes: list[Stroke], start: float) -> list[float]:
    """Draw a stroke every two seconds, or as soon as the one before is answered or lost."""
    taken = []
    for number, stroke in enumerate(strokes):
        await asyncio.sleep(max(0, start + EVERY * number - perf_counter()))
        try:
            taken.append(await visitor.draw(stroke))
        except TimeoutError:
            taken.append(STROKE_LIMIT)
    return taken


@contextmanager
def _no_collections() -> Iterator[None]:
    """Keep the visitors' own garbage collections out of what is measured."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def usage(address: str) -> Usage:
    """Return the usage of the server at this address. Raises Unusable."""
    process = _server(address)
    fields = (process / "stat").read_text().rpartition(")")[2].split()
    ticks, pages = int(fields[11]) + int(fields[12]), int(fields[21])  # user and system time; resident memory
    return Usage(ticks / os.sysconf("SC_CLK_TCK"), pages * os.sysconf("SC_PAGE_SIZE") / 1e6)


def _server(address: str) -> Path:
    """Return the folder in which Linux tells about the process that we started at this address."""
    port = str(urlsplit(address).port)
    for folder in PROCESSES.glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == os.getpid() and port in (folder / "cmdline").read_text().split("\0"):
                return folder
        except OSError:  # it has ended meanwhile, or is somebody else's
            continue
    raise Unusable("the server's process was not found; this needs Linux.")
