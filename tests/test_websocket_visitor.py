"""The visitor of the load tests is one whom the dashboard answers."""

import asyncio
import re
from collections import Counter

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.browser import serve
from tests.drawn_pictures import STROKES
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
