"""How soon the picture of the whole network shows what is under the pointer."""

from functools import cache
from statistics import median

import numpy as np
from playwright.sync_api import Page, expect

from tests.benchmarks import Measured, NotMeasurable
from tests.benchmarks.live_page import SAMPLE, open_page
from tests.browser import settle

SLOWER = 6  # times than this processor
PACE = 20  # milliseconds between two moves of the pointer
MOVES, LINES = 40, (0.3, 0.5, 0.7, 0.9)  # from left to right through all stages, at these shares of the height

# From the first move of the pointer after a frame to the end of the next one, which has painted lines and numbers.
WATCH = """() => {
  const frames = window.hoverWatch = [], painted = new MessageChannel();
  const holds = (one) => one.shadowRoot?.querySelector('.picture');
  const shadow = [...document.querySelectorAll('*')].find(holds).shadowRoot;
  let moved = null;
  painted.port1.onmessage = ({data}) => frames.push(performance.now() - data);
  shadow.querySelector('.whole').addEventListener('pointermove', (event) => { moved ??= event.timeStamp; }, true);
  new MutationObserver(() => {
    if (moved !== null) painted.port2.postMessage(moved);
    moved = null;
  }).observe(shadow.querySelector('.title'), {childList: true});
}"""


def hover_frame() -> Measured:
    return Measured(median(_frames(1)), _frames(1))


def hover_frame_slow_p95() -> Measured:
    return Measured(float(np.percentile(_frames(SLOWER), 95)), _frames(SLOWER))


@cache
def _frames(slower: int) -> list[float]:
    """Return the milliseconds from a move of the pointer to the painted frame, wherever another value is shown."""
    with open_page(f"convolution?sample={SAMPLE}") as page:
        expect(page.locator(".picture[data-drawn]")).to_be_visible(timeout=60_000)
        settle(page)
        page.evaluate(WATCH)
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slower})
        for height in LINES:
            _move_over(page, height)
        found: list[float] = page.evaluate("hoverWatch")
    if len(found) < MOVES:
        raise NotMeasurable("the picture has not followed the pointer.")
    return found


def _move_over(page: Page, height: float) -> None:
    box = page.locator(".picture .whole").bounding_box()
    assert box is not None
    for step in range(MOVES):
        page.mouse.move(box["x"] + (step + 0.5) / MOVES * box["width"], box["y"] + height * box["height"])
        page.wait_for_timeout(PACE)
