"""The visitor of the load tests is one whom the dashboard answers."""

import asyncio
import re
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from core.classroom.paced_games import GamePlan, Position, Stage
from core.classroom.room_board import RoomBoard
from core.classroom.room_database import DATABASE_VARIABLE, database_url
from core.jobs.run_folders import RUNS_VARIABLE
from dashboard.server.data_sets import default_name
from tests.browser import serve
from tests.drawn_pictures import STROKES
from tests.player import Player
from tests.postgres import Postgres, own_postgres
from tests.room_answers import TEACHER
from tests.visitor import Stroke, Visitor, draw_lines, run


@pytest.mark.mnist
def test_a_visitor_draws_a_seven_and_three_networks_read_it(server: str) -> None:
    async def visit() -> tuple[float, str]:
        visitor = Visitor(server)
        await visitor.open("/compare")
        (seven,) = draw_lines(STROKES[7])
        seconds = await visitor.draw(seven, limit=60)  # the first one waits for the networks
        await visitor.close()
        return seconds, visitor.readings

    seconds, readings = run(visit())
    assert seconds > 0
    assert re.findall('data-answer="(.)"', readings) == ["7"] * 3


class Reader(Visitor):
    """Keeps what is sent since `forget`."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.kinds: list[str | None] = []
        self.finished = asyncio.Event()

    def forget(self) -> None:
        self.kinds.clear()
        self.finished.clear()

    def _take(self, message: ForwardMsg) -> None:
        super()._take(message)
        element = message.delta.new_element.WhichOneof("type")
        self.kinds.append(element or message.delta.add_block.WhichOneof("type") or message.WhichOneof("type"))
        if message.script_finished == ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY:
            self.finished.set()


def test_the_end_of_a_stroke_is_one_run_that_sends_what_the_stroke_changes(server: str) -> None:
    async def visit() -> list[list[str | None]]:
        visitor, sent = Reader(server), []
        await visitor.open("/compare")
        for stroke in draw_lines(STROKES[7]):
            visitor.forget()
            await visitor.draw(stroke[-1:], limit=60)
            await asyncio.wait_for(visitor.finished.wait(), 60)
            sent.append(visitor.kinds.copy())
        await visitor.close()
        return sent

    first, *later = run(visit())
    assert {"page_link", "download_button"} <= {*first}
    for kinds in later:
        assert kinds.count("new_session") == kinds.count("script_finished") == 1
        assert not {"page_link", "download_button", "column"} & {*kinds}
        assert kinds.count("html") == 2 and kinds.count("bidi_component") == 1  # readings, the bar's digit; the eraser
        assert kinds.index("html") < kinds.index("bidi_component")


class Watcher(Visitor):
    """Sees where things are put on the page: `places`, and `lost` of them that have no place there, as a browser."""

    def __init__(self, address: str, canvas: str) -> None:
        super().__init__(address, canvas)
        self.places: list[tuple[int, ...]] = []
        self.lost: list[tuple[int, ...]] = []
        self.drawable = asyncio.Event()
        self._children = Counter[tuple[int, ...]]()

    def _take(self, message: ForwardMsg) -> None:
        super()._take(message)
        if message.WhichOneof("type") == "delta":
            place = tuple(message.metadata.delta_path)
            self.places.append(place)
            if place[-1] > self._children[place[:-1]]:
                self.lost.append(place)
            self._children[place[:-1]] = max(self._children[place[:-1]], place[-1] + 1)
        if self._canvas:
            self.drawable.set()

    async def draw_with_a_whole_run(self, stroke: Stroke) -> None:
        """Draw, and let the whole page run for it as if something else had been clicked at the same time."""
        self._fragment = ""
        self._opened.clear()
        await self.draw(stroke[-1:], limit=60)
        await asyncio.wait_for(self._opened.wait(), 60)

    def top(self) -> set[tuple[int, ...]]:
        """Return where something was put directly on the page."""
        return {place for place in self.places if len(place) == 2}


@pytest.mark.slow
def test_whoever_rubs_out_while_the_page_is_still_made_gets_all_of_it() -> None:
    async def visit(address: str) -> Watcher:
        visitor = Watcher(address, "erase")
        opening = asyncio.create_task(visitor.open("/compare?sample=18"))
        await asyncio.wait_for(visitor.drawable.wait(), 60)
        await visitor.draw(draw_lines(STROKES[7])[0][-1:], limit=60)
        await opening
        await visitor.close()
        return visitor

    with serve() as cold:  # one that still has to load its networks
        visitor = run(visit(cold))
    assert not visitor.lost and "data-answer" in visitor.readings


def test_a_stroke_that_comes_with_a_run_of_the_whole_page_does_not_end_it(server: str) -> None:
    async def visit() -> tuple[set[tuple[int, ...]], set[tuple[int, ...]]]:
        visitor = Watcher(server, "draw")
        await visitor.open("/compare")
        at_first, visitor.places = visitor.top(), []
        await visitor.draw_with_a_whole_run(draw_lines(STROKES[7])[0])
        await visitor.close()
        return at_first, visitor.top()

    at_first, again = run(visit())
    assert at_first - {(0, 0)} <= again and len(at_first) > 4


LOOKS = 8


class WatchedPlayer(Player):
    """Counts the runs of the whole page and of its parts, and the pictures that it is sent."""

    whole_runs = looks = pictures = 0

    def _take(self, message: ForwardMsg) -> None:
        super()._take(message)
        if message.WhichOneof("type") == "script_finished":
            self.whole_runs += message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY
            self.looks += message.script_finished == ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY
        self.pictures += message.WhichOneof("type") == "delta" and "ns-picture" in message.delta.new_element.html.body


@pytest.mark.slow
def test_a_player_sees_the_next_question_without_a_run_of_the_page_and_looking_rarely_draws(server: str) -> None:
    async def play(rooms: RoomBoard, code: str) -> tuple[WatchedPlayer, int]:
        player = WatchedPlayer(server)
        await player.enter(code)
        asked = asyncio.create_task(player.read("Digit 1 of 2"))
        await asyncio.sleep(0)  # it listens from now on
        rooms.games.move(code, Position(), Position(0, Stage.ASKING), TEACHER)
        await asked
        stored = asyncio.create_task(player.read("You answered 3"))
        await player.press("quiz 3 at 0.0")
        await stored
        drawn, looked = player.pictures, player.looks
        while player.looks < looked + LOOKS:
            await asyncio.sleep(0.1)
        await player.close()
        return player, player.pictures - drawn

    with closing(RoomBoard(database_url())) as rooms:
        plan = GamePlan(2, ("HCUT",))
        code = rooms.open_room(default_name(), told=True, opener=TEACHER, plan=plan).code
        player, drawn_again = run(play(rooms, code))
        assert rooms.games.answers_of(code, 0, player.number) == {0: 3}
        rooms.remove(code, TEACHER)
    assert player.whole_runs == 1 and player.pictures >= 2 and 2 * drawn_again < LOOKS and not player.errors


@pytest.mark.slow
def test_a_player_who_comes_while_the_database_is_away_joins_the_room_without_doing_anything(tmp_path: Path) -> None:
    async def come_early(address: str, code: str, database: Postgres) -> Player:
        player = Player(address)
        told = asyncio.create_task(player.read("You play alone until then"))
        await asyncio.sleep(0)
        await player.enter(code)
        await told
        assert not player.cookie  # another page of this browser still finds the room's game
        joined = asyncio.create_task(player.read("You are in"))
        await asyncio.to_thread(database.start)
        await joined
        await player.close()
        return player

    with own_postgres() as database:
        environment = {RUNS_VARIABLE: str(tmp_path), DATABASE_VARIABLE: database.url}
        with closing(RoomBoard(database.url)) as rooms, serve(**environment) as address:
            plan = GamePlan(2, ("HCUT",))
            code = rooms.open_room(default_name(), told=True, opener=TEACHER, plan=plan).code
            database.kill()
            player = run(come_early(address, code, database))
    assert not player.errors
