"""The visitor of the load tests is one whom the dashboard answers."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor

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
