"""How soon the bars follow the pointer where the browser answers, and how much work it takes from the server."""

from functools import cache
from statistics import median
from time import perf_counter

import numpy as np
from playwright.sync_api import Page, expect

from tests.benchmarks import Measured, NotMeasurable
from tests.benchmarks.live_page import DRAWN, SAMPLE, Line, open_dashboard
from tests.browser import ROWS, draw_strokes, drawing_canvas, settle
from tests.many_visitors import usage

FOUR, PARTS = "standard,missing-feature,control,robust", 6  # two sets of features, four heads
PHONE = 6  # times slower than this processor
PACE = 20  # milliseconds between two moves of the pointer
MOVES = 20  # of one stroke
STROKES, SLOW_PACE = 6, 40  # of each kind, for the server's time: a hand takes about a second for a stroke
WEIGHTS = "**/_weights/*"
ADDRESS = f"compare?sample={SAMPLE}&networks=standard,missing-feature,restoring"  # the default networks
DEFAULT_PARTS = 3
LINE, LATENCY = 10_000_000, 40  # bits a second; milliseconds

# From the first move of the pointer after a frame to the end of the next frame, which has painted ink and bars.
WATCH = """() => {
  const frames = window.frameWatch = [], painted = new MessageChannel();
  let moved = null;
  painted.port1.onmessage = ({data}) => frames.push(performance.now() - data);
  document.addEventListener('pointermove', (event) => { moved ??= event.timeStamp; }, true);
  document.addEventListener('stroke-frame', (event) => {
    if (event.defaultPrevented && moved !== null) painted.port2.postMessage(moved);
    moved = null;
  });
}"""
HERE = "count => [...(globalThis.negativeSpaceWeights?.values() ?? [])].filter((one) => one.values).length >= count"


def frame_median() -> Measured:
    return Measured(median(_frames(1)), _frames(1))


def frame_p95() -> Measured:
    return Measured(float(np.percentile(_frames(1), 95)), _frames(1))


def frame_phone_median() -> Measured:
    return Measured(median(_frames(PHONE)), _frames(PHONE))


def frame_phone_p95() -> Measured:
    return Measured(float(np.percentile(_frames(PHONE), 95)), _frames(PHONE))


def first_answer() -> Measured:
    """Open the page again, all but the weights in the browser's cache, and wait until it has an answer of its own."""
    with open_dashboard(ADDRESS) as page:
        page.context.route(WEIGHTS, lambda route: route.abort())
        page.reload()
        settle(page)
        page.context.unroute_all()
        line = {"offline": False, "latency": LATENCY, "downloadThroughput": LINE / 8, "uploadThroughput": LINE / 8}
        page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", line)
        begun = perf_counter()
        page.reload()
        expect(page.locator(ROWS)).to_have_count(3, timeout=60_000)
        server = perf_counter() - begun
        page.wait_for_function(HERE, arg=DEFAULT_PARTS, timeout=60_000)
        browser = perf_counter() - begun
    return Measured(browser, [browser], f"The server's answer was there after {server:.1f} s.")


def stroke_server_time() -> Measured:
    """Return the server's processor time with answers of the browser, as a share of that without them."""
    with open_dashboard(f"compare?networks={FOUR},restoring&sample={SAMPLE}") as page:
        address = page.url.split("/compare")[0]
        spent = []
        for answering in (False, True):
            page.unroute_all()
            if not answering:
                page.route(WEIGHTS, lambda route: route.abort())
            page.reload()
            expect(page.locator(ROWS).first).to_be_visible(timeout=60_000)
            if answering:
                page.wait_for_function(HERE, arg=PARTS)
            spent.append(_time_server(page, address))
    return Measured(spent[1] / spent[0], spent, f"{1000 * spent[1]:.0f} and {1000 * spent[0]:.0f} ms a stroke.")


def _time_server(page: Page, address: str) -> float:
    """Return the seconds of processor time that one stroke of erasing takes."""
    _draw_slowly(page, [(0.2, 0.1), (0.8, 0.1)], SLOW_PACE)  # for nothing: it loads what is not there yet
    settle(page)
    before = usage(address).cpu
    for number in range(STROKES):
        _draw_slowly(page, [(0.3, 0.2 + 0.1 * number), (0.7, 0.2 + 0.1 * number)], SLOW_PACE)
        settle(page)
    return (usage(address).cpu - before) / STROKES


@cache
def _frames(slower: int) -> list[float]:
    """Return the milliseconds from a move of the pointer to the painted bars, of every frame of some strokes."""
    with open_dashboard(f"compare?networks={FOUR}") as page:
        page.wait_for_function(HERE, arg=PARTS)
        draw_strokes(page, 0, DRAWN[0])  # the server answers it, as the canvas was empty
        expect(page.locator(ROWS)).to_have_count(4, timeout=60_000)
        settle(page)
        page.evaluate(WATCH)
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slower})
        for line in DRAWN[1:]:
            _draw_slowly(page, line, PACE)
            settle(page)
        found: list[float] = page.evaluate("frameWatch")
    if not found:
        raise NotMeasurable("the browser has not answered.")
    return found


def _draw_slowly(page: Page, line: Line, pace: int) -> None:
    box = drawing_canvas(page, 0).bounding_box()
    assert box is not None
    (left, top), (right, bottom) = line
    for step in range(MOVES + 1):
        x, y = (start + step / MOVES * (end - start) for start, end in ((left, right), (top, bottom)))
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        page.wait_for_timeout(pace)
        if step == 0:
            page.mouse.down()
    page.mouse.up()
