"""The visitor of the load tests is one whom the dashboard answers."""

import asyncio
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.browser import serve
from tests.drawing_pictures import STROKES
from tests.samples import real_mnist
from tests.visitor import Visitor, draw_lines


def test_a_visitor_draws_a_seven_and_five_networks_read_it(server: str) -> None:
    real_mnist()

    async def visit() -> tuple[float, str]:
        visitor = Visitor(server)
        await visitor.open("/compare")
        (seven,) = draw_lines(STROKES[7])
        seconds = await visitor.draw(seven, limit=60)  # the first one waits for the networks
        await visitor.close()
        return seconds, visitor.readings

    # In a thread: playwright's loop runs in this one as long as the browser of the other tests is open.
    with ThreadPoolExecutor(1) as thread:
        seconds, readings = thread.submit(lambda: asyncio.run(visit())).result()
    assert seconds > 0
    assert re.findall('data-answer="(.)"', readings) == ["7"] * 5


class Hasty(Visitor):
    """Rubs out as soon as there is a digit, while its readings are still made; `lost` is what then has no place."""

    def __init__(self, address: str) -> None:
        super().__init__(address, "erase")
        self.lost: list[list[int]] = []
        self._children = Counter[tuple[int, ...]]()
        self._ready = asyncio.Event()

    def _take(self, message: ForwardMsg) -> None:
        super()._take(message)
        if message.WhichOneof("type") == "delta":
            *block, place = message.metadata.delta_path
            if place > self._children[tuple(block)]:
                self.lost.append([*block, place])
            self._children[tuple(block)] = max(self._children[tuple(block)], place + 1)
        if self._canvas:
            self._ready.set()

    async def rub_at_once(self, path: str) -> None:
        (stroke,) = draw_lines(STROKES[7])
        opening = asyncio.create_task(self.open(path))
        await asyncio.wait_for(self._ready.wait(), 60)
        await self.draw(stroke[-1:], limit=60)
        await opening
        await self.close()


def test_whoever_rubs_out_while_the_page_is_still_made_gets_all_of_it() -> None:
    with serve(NEGATIVE_SPACE_NICE="0") as cold, ThreadPoolExecutor(1) as thread:

        async def visit() -> tuple[str, list[list[int]]]:
            visitor = Hasty(cold)
            await visitor.rub_at_once("/compare?sample=18")
            return visitor.readings, visitor.lost

        readings, lost = thread.submit(lambda: asyncio.run(visit())).result()
    assert not lost and "data-answer" in readings
