"""A class that follows its teacher: how long after the teacher's move until the last of thirty phones is there."""

import asyncio
from collections.abc import Iterator
from contextlib import closing, contextmanager
from statistics import median
from time import perf_counter

import numpy as np

import dashboard
from core.classroom.led_rooms import Place
from core.classroom.room_board import RoomBoard
from core.classroom.room_database import database_url
from dashboard.server import gate, visitors
from tests.benchmarks import Measured, NotMeasurable
from tests.benchmarks.jobs import own_runs
from tests.browser import serve
from tests.follower import Follower
from tests.many_visitors import Unusable, Usage, usage
from tests.visitor import Visitor

PHONES = 30
PAGES = (
    "compare",
    "pmnist",
    "why",
    "feature_maps",
    "missing_features",
    "results",
)  # where the teacher goes, again and again
ROUNDS = 1
PAUSE = 3.3  # seconds between two moves, no multiple of the phones' own second
NUMBER = "c" * 32  # of the teacher, in their cookie


def class_follow() -> Measured:
    """Return the 95th percentile of the seconds to the last phone's page."""
    try:
        with own_runs(), serve() as address, _open_class() as code:
            last, all_phones, before, after = asyncio.run(_lead(address, code))
    except Unusable as reason:
        raise NotMeasurable(str(reason)) from None
    note = (
        f"{len(last)} moves, {PHONES} phones. Last phone: median {median(last):.2f} s. Any phone: median "
        f"{median(all_phones):.2f}, 95th percentile {np.percentile(all_phones, 95):.2f} s. "
        f"Server: {after.cpu - before.cpu:.0f} CPU seconds."
    )
    return Measured(float(np.percentile(last, 95)), last, note)


@contextmanager
def _open_class() -> Iterator[str]:
    with closing(RoomBoard(database_url())) as board:
        yield board.open_led_room(Place("start"), opener=visitors.to_id(NUMBER))


async def _lead(address: str, code: str) -> tuple[list[float], list[float], Usage, Usage]:
    """Return the seconds to the last phone for each move, those to each phone, and the server's usage around them."""
    teacher = Visitor(address)
    teacher.cookie = f"{gate.COOKIE}={NUMBER}"
    await teacher.open(f"/?lead={code}")
    for name in PAGES:  # everything is loaded
        await teacher.go_to(name)
    phones = [Follower(address) for _ in range(PHONES)]
    for phone in phones:
        await phone.open(f"/?follow={code}")
        await phone.wait_for(dashboard.PAGES[PAGES[-1]].title)
    before, last, taken = usage(address), [], []
    for name in PAGES * ROUNDS:
        await asyncio.sleep(PAUSE)
        start = perf_counter()
        arrivals = await asyncio.gather(
            teacher.go_to(name), *(phone.wait_for(dashboard.PAGES[name].title, start) for phone in phones)
        )
        found = [arrived - start for arrived in arrivals[1:]]
        last.append(max(found))
        taken += found
    after = usage(address)
    await asyncio.gather(*(tab.close() for tab in (teacher, *phones)))
    if errors := sum(tab.errors for tab in (teacher, *phones)):
        raise Unusable(f"{errors} errors were shown.")
    return last, taken, before, after
