"""How long thirty people wait who draw at once: visitors without browsers, each with a websocket, on one dashboard."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from urllib.parse import urlsplit

import numpy as np

from core import datasets
from dashboard.state import DEFAULT_NETWORKS
from tests.benchmarks import Measured, NotMeasurable
from tests.browser import serve
from tests.visitor import STROKE_LIMIT, Line, Stroke, Visitor, draw_lines

VISITORS = 30
EVERY = 2.0  # seconds from the beginning of a visitor's stroke to that of the next
STROKES = 10  # of each visitor: twenty seconds in all
PAGE = "/compare"
PROCESSES = Path("/proc")


@dataclass(frozen=True)
class _Usage:
    """What the server had used up at one moment."""

    cpu: float  # seconds
    memory: float  # megabytes


@dataclass(frozen=True)
class _Room:
    """What thirty visitors found; a stroke that was never answered has taken its limit."""

    taken: list[float]  # milliseconds
    note: str


def room_p95() -> Measured:
    return Measured(float(np.percentile(_room().taken, 95)), _room().taken, _room().note)


def room_median() -> Measured:
    return Measured(median(_room().taken), _room().taken, _room().note)


@cache
def _room() -> _Room:
    if not datasets.on_this_machine("MNIST"):
        raise NotMeasurable("MNIST is not on this machine, and the networks would read other digits.")
    if not PROCESSES.is_dir():
        raise NotMeasurable("what the server uses can only be seen under Linux.")
    drawings = [draw_lines(_rows(seed)) for seed in range(VISITORS)]  # before: the visitors share the cores
    with serve(OMP_NUM_THREADS="1") as address, _no_collections():
        return asyncio.run(_visit(address, drawings))


def _rows(seed: int) -> list[Line]:
    """Return lines below one another in any order, so that each of them leaves new ink and another digit."""
    chance = np.random.default_rng(seed)
    heights = 26 + 25 * chance.permutation(STROKES)
    return [[(chance.uniform(30, 110), y), (chance.uniform(170, 250), y + chance.uniform(-8, 8))] for y in heights]


async def _visit(address: str, drawings: list[list[Stroke]]) -> _Room:
    """Let one visitor in, who waits until the networks are loaded, and then all of them at once."""
    await _warm_up(address, drawings[0][0])
    server = _server(address)
    before = _usage(server)
    visitors = [Visitor(address) for _ in drawings]
    await asyncio.gather(*(visitor.open(PAGE) for visitor in visitors))
    await asyncio.sleep(1)
    start, opened, client = perf_counter(), _usage(server), process_time()
    starts = [start + EVERY * number / VISITORS for number in range(VISITORS)]
    found = await asyncio.gather(*map(_draw_all, visitors, drawings, starts))
    during, client, passed = _usage(server), process_time() - client, perf_counter() - start
    await asyncio.gather(*(visitor.close() for visitor in visitors))
    taken = [stroke for strokes in found for stroke in strokes]
    lost = sum(stroke >= STROKE_LIMIT for stroke in taken)
    note = (
        f"{len(taken)} strokes in {passed:.0f} s, {lost} lost (no new readings in {STROKE_LIMIT:.0f} s). "
        f"Server: {(during.cpu - opened.cpu) / len(taken):.3f} CPU seconds a stroke, of one core "
        f"{(during.cpu - opened.cpu) / passed:.0%}; {before.memory:.0f} MB before, {during.memory:.0f} MB during, "
        f"{(during.memory - before.memory) / VISITORS:.1f} MB a visitor. The visitors took {client / passed:.0%}."
    )
    return _Room([1000 * stroke for stroke in taken], note)


async def _warm_up(address: str, stroke: Stroke) -> None:
    visitor = Visitor(address)
    await visitor.open(PAGE)
    await visitor.draw(stroke, limit=60)
    await visitor.close()
    if (count := visitor.readings.count("data-answer")) != len(DEFAULT_NETWORKS):
        raise NotMeasurable(f"{count} networks answer instead of {len(DEFAULT_NETWORKS)}.")


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
    raise NotMeasurable("the server's process was not found.")


def _usage(process: Path) -> _Usage:
    fields = (process / "stat").read_text().rpartition(")")[2].split()
    ticks, pages = int(fields[11]) + int(fields[12]), int(fields[21])  # user and system time; resident memory
    return _Usage(ticks / os.sysconf("SC_CLK_TCK"), pages * os.sysconf("SC_PAGE_SIZE") / 1e6)
