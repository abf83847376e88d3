"""A class at the teacher's pace: how soon the board shows the last answer, and what is lost when something is killed.

Players and projector are visitors on the websocket; the server, the databases and the kills are real.
"""

import asyncio
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from statistics import median
from subprocess import Popen

import numpy as np

from core.classroom.paced_games import MAX_QUESTIONS, GamePlan
from core.classroom.room_board import RoomBoard
from core.classroom.room_database import DATABASE_VARIABLE
from core.jobs.run_folders import RUNS_VARIABLE
from core.pmnist.masks import CUTS
from dashboard.server.data_sets import default_name
from tests.benchmarks import Measured, NotMeasurable
from tests.browser import serve, start_server
from tests.player import Player
from tests.postgres import find_tools, own_postgres
from tests.room_answers import TEACHER

PLAYERS, WITHIN = 60, 3.0  # who answer a question within so many seconds
SERVER_KILLS, DATABASE_KILLS, CLASS = 10, 10, 12  # players at each kill
AT_ONCE = 1.0  # seconds within which these answer, and something is killed
SAID = 3
PROMPT = "what was it"


def class_game() -> Measured:
    """Measure the seconds from the last answer to each of 20 questions until the board shows that all have answered."""
    with tempfile.TemporaryDirectory() as runs, serve(**{RUNS_VARIABLE: runs}) as address:
        with closing(RoomBoard(_url(runs))) as rooms:
            waits = asyncio.run(_play(address, rooms))
    p95 = float(np.percentile(waits, 95))
    return Measured(p95, waits, f"Median {median(waits):.2f} s, {PLAYERS} players.")


async def _play(address: str, rooms: RoomBoard) -> list[float]:
    code, projector = _open(rooms), Player(address)
    await projector.enter(code, "The room")
    players = await _enter(address, code, [""] * PLAYERS)
    waits = []
    for number in range(MAX_QUESTIONS):
        await _ask(rooms, code, [projector, *players], number)
        full = asyncio.create_task(projector.read(rf"\*\*{PLAYERS} of {PLAYERS}\*\* players have answered"))
        pressed = await _answer(players, number, WITHIN)
        waits.append(await full - max(pressed))
        _step(rooms, code)
    await _leave([projector, *players])
    return waits


def class_game_lost() -> Measured:
    """Kill servers and databases while a class answers; count answers that are lost, and those that count twice."""
    if find_tools() is None:
        raise NotMeasurable("no PostgreSQL server is installed.")
    chance = random.Random(0)
    lost = asyncio.run(_kill_servers(chance)) + asyncio.run(_kill_databases(chance))
    note = f"{CLASS} players, {SERVER_KILLS} kills of the server and {DATABASE_KILLS} of the database."
    return Measured(sum(lost), lost, note)


async def _kill_servers(chance: random.Random) -> list[int]:
    """Return how many answers are wrong after each kill, when all players have come back to the next server."""
    lost = []
    with tempfile.TemporaryDirectory() as runs, closing(RoomBoard(_url(runs))) as rooms, ExitStack() as servers:
        server, address = servers.enter_context(_server(runs))
        for _ in range(SERVER_KILLS):
            code = _open(rooms)
            players = await _kill_meanwhile(address, rooms, code, server.kill, chance)
            await _leave(players)
            told = [player.number for player in players if player.has_answered]
            forgotten = sum(rooms.games.answers_of(code, 0, number) == {} for number in told)
            server, address = servers.enter_context(_server(runs))
            players = await _enter(address, code, [player.cookie for player in players])
            await _answer([player for player in players if not player.has_answered], 0, AT_ONCE)
            await _see_answers(players)
            await _leave(players)
            lost.append(forgotten + abs(CLASS - _count(rooms, code)))
    return lost


async def _kill_databases(chance: random.Random) -> list[int]:
    """Return how many answers are wrong after each kill, when the database was started again."""
    lost = []
    with own_postgres() as database, tempfile.TemporaryDirectory() as runs:
        with serve(**{RUNS_VARIABLE: runs, DATABASE_VARIABLE: database.url}) as address:
            for _ in range(DATABASE_KILLS):
                with closing(RoomBoard(database.url)) as rooms:
                    code = _open(rooms)
                    players = await _kill_meanwhile(address, rooms, code, database.kill, chance)
                await asyncio.to_thread(database.start)
                await _see_answers(players)
                await _leave(players)
                with closing(RoomBoard(database.url)) as rooms:  # one that has not seen it fail
                    lost.append(abs(CLASS - _count(rooms, code)))
    return lost


async def _kill_meanwhile(
    address: str, rooms: RoomBoard, code: str, kill: Callable[[], None], chance: random.Random
) -> list[Player]:
    """Let new players answer the first question, and kill something meanwhile; return the players."""
    players = await _enter(address, code, [""] * CLASS)
    await _ask(rooms, code, players, 0)
    answering = asyncio.create_task(_answer(players, 0, AT_ONCE))
    await asyncio.sleep(chance.uniform(0, AT_ONCE))
    await asyncio.to_thread(kill)
    await asyncio.wait([answering])
    return players


def _url(runs: str) -> str:
    return f"sqlite:///{runs}/rooms.db"


def _open(rooms: RoomBoard) -> str:
    plan = GamePlan(MAX_QUESTIONS, CUTS)
    return rooms.open_room(default_name(), told=True, opener=TEACHER, plan=plan).code


def _step(rooms: RoomBoard, code: str) -> None:
    """Go on as the teacher's button does."""
    game = rooms.games.read(code)
    assert game is not None
    rooms.games.move(code, game.position, game.next_position(), TEACHER)


def _count(rooms: RoomBoard, code: str) -> int:
    return sum(rooms.games.distribution(code, 0, 0).values())


async def _enter(address: str, code: str, cookies: Sequence[str]) -> list[Player]:
    """Return a player for each cookie, "" for a new one; they come one after the other, as people do."""
    players = [Player(address, cookie) for cookie in cookies]
    for player in players:
        await player.enter(code)
    return players


async def _ask(rooms: RoomBoard, code: str, tabs: Sequence[Player], number: int) -> None:
    """Ask a question, and wait until it is in all these tabs."""
    seen = [asyncio.create_task(tab.read(f"Digit {number + 1} of .*{PROMPT}")) for tab in tabs]
    await asyncio.sleep(0)  # they wait from now on
    _step(rooms, code)
    await asyncio.gather(*seen)


async def _answer(players: Sequence[Player], question: int, within: float) -> list[float]:
    """Let all players answer a question, spread over so many seconds; return when each has pressed."""
    start = time.perf_counter()

    async def press(number: int, player: Player) -> float:
        await asyncio.sleep(max(0, start + within * number / len(players) - time.perf_counter()))
        return await player.press(f"quiz {SAID} at 0.{question}")

    return await asyncio.gather(*(press(*one) for one in enumerate(players)))


async def _see_answers(players: Sequence[Player]) -> None:
    """Wait until every page has said that its answer is stored."""
    await asyncio.gather(*(player.see_answer() for player in players))


async def _leave(players: Sequence[Player]) -> None:
    await asyncio.gather(*(player.close() for player in players))


@contextmanager
def _server(runs: str) -> Iterator[tuple[Popen[bytes], str]]:
    """Run the dashboard on these runs; it is killed at the end at the latest."""
    with tempfile.TemporaryFile() as log:
        server, address = start_server("dashboard/app.py", log.fileno(), **{RUNS_VARIABLE: runs})
        try:
            yield server, address
        finally:
            server.kill()
            server.wait()
