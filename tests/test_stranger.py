"""After one visitor has tried everything to spoil the class, a second one does each thing without noticing."""

import asyncio
import time
from pathlib import Path

import pytest

from core.classroom.room_board import RoomBoard
from core.classroom.room_database import database_url
from core.jobs import control, limits, run_folders
from dashboard.server.gate import COOKIE
from dashboard.server.visitors import to_id
from tests.browser import serve
from tests.forger import Forger
from tests.stranger import LARGE, Stranger, good_network
from tests.visitor import run

NUMBER = "5" * 32  # in the second visitor's cookie


def annoy(address: str, seconds: float) -> None:
    stranger = Stranger(address)
    run(stranger.annoy(time.monotonic() + seconds))
    assert stranger.done.keys() == {"fill", "bring", "teach", "learn", "leave", "forge"}


async def use(address: str) -> None:
    """Upload a file and bring a network."""
    tab = Forger(address, 0)
    tab.cookie = f"{COOKIE}={NUMBER}"
    await tab.open("/train?view=Runs")
    assert await asyncio.to_thread(tab.put, bytes(LARGE)) == 204
    (widget,) = [name for name, kind in tab.kinds.items() if kind == "file_uploader"]
    await tab.hand_in(widget, good_network())
    await tab.close()
    assert tab.shown == []


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [1.0, pytest.param(60.0, marks=pytest.mark.slow)])
def test_a_second_visitor_uploads_brings_trains_and_opens_a_room(runs: Path, seconds: float) -> None:
    me = to_id(NUMBER)
    with serve(**{run_folders.RUNS_VARIABLE: str(runs)}) as address:
        annoy(address, seconds)
        run(use(address))
    assert [job.kind for job in run_folders.list_jobs(me)] == [limits.BROUGHT]
    assert control.submit("count", "Counting", {"to": 1}, me) in run_folders.list_jobs(me)
    board = RoomBoard(database_url())
    room = board.open_room("MNIST", told=True, opener=me).code
    assert board.find(room).code == room
    board.close()
