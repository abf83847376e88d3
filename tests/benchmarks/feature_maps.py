"""The page of feature maps in a browser: how long a person waits until every map of every stage is there."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from statistics import median

import numpy as np
from playwright.sync_api import Locator, Page, expect, sync_playwright

from tests.benchmarks import Measured, NotMeasurable, mnist
from tests.benchmarks.frames import HERE
from tests.benchmarks.live_page import DRAWN
from tests.benchmarks.live_page import WATCH as BARS
from tests.browser import LAPTOP, draw_strokes, drawing_canvas, find_chromium, launch_chromium, open_tab, serve, settle

TRIALS = 12
PARTS = 6  # of the networks below: one set of features, five heads
CLICKS, MAP_STEP = 24, 19  # clicks on maps of the last features; how far these are apart, in pixels
LIMIT = 5_000  # milliseconds
# Half of the digit is erased and 1 - x makes every map strong: each click changes some bar of the five networks.
SHARING = "standard,missing-feature,missing-alternating,synergy,control"  # they share the maps that are changed
SWITCH = f"view=Switch+off&sample=18&erased=HCUT&changed=nothing&change=1+-+x&networks={SHARING}"
FIRST = 60_000  # the same, for what loads networks

# From the mouse going up, which ends a stroke or chooses another digit, to the last time that all maps were painted
# anew as the server has sent them; the browser's own, which follow a stroke, do not count.
# The board lies in a shadow of the page, so it is looked for again whenever it has gone.
WATCH = """() => {
  const watch = window.mapsWatch = {ended: null, shown: null, changes: 0, took: 0};
  let board = null;
  const find = (root) => root.querySelector('.board.choosable') ??
    [...root.querySelectorAll('*')].filter((one) => one.shadowRoot).map((one) => find(one.shadowRoot)).find(Boolean);
  document.addEventListener('pointerdown', () => Object.assign(watch, {ended: null, changes: 0, took: 0}), true);
  document.addEventListener('pointerup', () => { watch.ended = performance.now(); }, true);
  const look = () => {
    requestAnimationFrame(look);
    board = board?.isConnected ? board : find(document);
    const drawn = board?.dataset.drawn;
    if (drawn === undefined || drawn === watch.shown) return;
    Object.assign(watch, {shown: drawn, changes: watch.changes + 1});
    if (watch.ended !== null) watch.took = performance.now() - watch.ended;
  };
  look();
}"""

# From the click on a map to the end of the next frame, which has painted the answers that the browser has computed.
ANSWERED = """() => {
  const answers = window.switchWatch = [], painted = new MessageChannel();
  let clicked = null;
  painted.port1.onmessage = ({data}) => answers.push(performance.now() - data);
  document.addEventListener('click', (event) => { clicked = event.timeStamp; }, true);
  document.addEventListener('maps-seen', ({detail}) => {
    const since = clicked;
    clicked = null;
    if (since !== null && detail.maps.size) requestAnimationFrame(() => painted.port2.postMessage(since));
  });
}"""


def maps_browser() -> Measured:
    """Walk through the test digits, and draw: the 95th percentile of both."""
    with _open_tab("sample=18", WATCH) as page:
        page.get_by_text("nine test digits that excite it most").wait_for(timeout=FIRST)
        settle(page)
        _next_digit(page)  # one for nothing
        settle(page)
        chosen = [_time(page, lambda: _next_digit(page)) for _ in range(TRIALS)]
        page.get_by_role("radio", name="Draw", exact=True).click()
        settle(page)
        drawn = [_time(page, lambda at=at: _draw(page, at)) for at in range(TRIALS)]
    note = f"Medians: {median(chosen):.0f} for another digit, {median(drawn):.0f} after a stroke."
    taken = [*chosen, *drawn]
    return Measured(float(np.percentile(taken, 95)), taken, note)


def _next_digit(page: Page) -> None:
    page.get_by_role("button", name="Next digit").click()


def _draw(page: Page, number: int) -> None:
    draw_strokes(page, drawing_canvas(page, 0), DRAWN[number % len(DRAWN)] if number < len(DRAWN) else _shifted(number))


def _shifted(number: int) -> list[tuple[float, float]]:
    """Return one of the lines a little lower: drawn over itself it would change nothing."""
    return [(x, y + 0.07) for x, y in DRAWN[number % len(DRAWN)]]


def _time(page: Page, act: Callable[[], None]) -> float:
    act()
    page.wait_for_function("mapsWatch.changes > 0", timeout=LIMIT)
    settle(page)
    return float(page.evaluate("mapsWatch.took"))


def switch_p95() -> Measured:
    """Change one map after the other by a click: from the click to the painted answers of five networks."""
    taken, _ = _switch()
    if len(taken) < CLICKS:
        raise NotMeasurable("the browser has not answered.")
    return Measured(float(np.percentile(taken, 95)), taken, f"The median: {median(taken):.0f}.")


def switch_server_p95() -> Measured:
    """The same up to the last answer of the server, which stays."""
    _, taken = _switch()
    return Measured(float(np.percentile(taken, 95)), taken, f"The median: {median(taken):.0f}.")


@cache
def _switch() -> tuple[list[float], list[float]]:
    """Return the milliseconds of each click until the browser has answered, and until the server has."""
    with _open_tab(SWITCH, BARS) as page:
        page.wait_for_function(HERE, arg=PARTS)
        sheet = page.locator(".board.choosable canvas").first
        _click_map(page, sheet, 0)  # one for nothing
        page.evaluate(ANSWERED)
        confirmed = [_click_map(page, sheet, number) for number in range(1, CLICKS + 1)]
        answered: list[float] = page.evaluate("switchWatch")
    return answered, confirmed


def _click_map(page: Page, sheet: Locator, number: int) -> float:
    """Click a map of the first row, and return the milliseconds until the bars were as they stay."""
    sheet.click(position={"x": 5 + number * MAP_STEP, "y": 5})
    page.wait_for_function("strokeWatch.changes > 0", timeout=LIMIT)
    settle(page)
    return float(page.evaluate("strokeWatch.took"))


@contextmanager
def _open_tab(link: str, watch: str) -> Iterator[Page]:
    mnist.network("standard")  # without it or MNIST this would be another page
    if find_chromium() is None:
        raise NotMeasurable("no Chromium or Chrome is installed.")
    with serve(OMP_NUM_THREADS="1") as address, sync_playwright() as playwright:
        with open_tab(launch_chromium(playwright), **LAPTOP) as page:
            page.goto(f"{address}/feature_maps?{link}")
            expect(page.locator(".board.choosable[data-drawn]")).to_be_attached(timeout=FIRST)
            settle(page)
            page.evaluate(watch)
            yield page
