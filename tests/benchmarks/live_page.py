"""How long a person waits: from the end of a stroke to the new bars, in a real browser on the real dashboard."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from statistics import median

import numpy as np
from playwright.sync_api import Locator, Page, expect, sync_playwright

from tests.benchmarks import Measured, NotMeasurable, mnist
from tests.browser import LAPTOP, draw_strokes, drawing_canvas, find_chromium, launch_chromium, open_tab, serve

STROKES = 24
SAMPLE = 18  # a 3 among MNIST's test digits, whose ink every line below crosses
LIMIT = 5_000  # milliseconds: a stroke that changes nothing until then has not worked, which is no figure
PAUSE = 300  # milliseconds with nothing going on before the next stroke: the one before is done entirely
ADDRESS = f"compare?networks={','.join(mnist.FIVE)}"
Line = list[tuple[float, float]]

# As shares of the canvas. Each line gives the digit another answer or another certainty.
DRAWN: list[Line] = [
    [(0.30, 0.25), (0.68, 0.22)],
    [(0.68, 0.22), (0.66, 0.50)],
    [(0.36, 0.52), (0.66, 0.50)],
    [(0.66, 0.50), (0.64, 0.80)],
    [(0.30, 0.78), (0.64, 0.80)],
    [(0.34, 0.52), (0.32, 0.78)],
]
RUBBED: list[Line] = [[(0.35, y), (0.65, y)] for y in (0.20, 0.32, 0.44, 0.56, 0.68, 0.80)]

# From the mouse going up to the last answer of the server, which replaces the element; the browser's own changes it.
WATCH = """() => {
  const answer = () => document.querySelector('.ns-readings');
  const watch = window.strokeWatch = {ended: null, changes: 0, took: 0};
  let shown = null;
  document.addEventListener('pointerdown', () => {
    shown = answer();
    Object.assign(watch, {ended: null, changes: 0});
  }, true);
  document.addEventListener('pointerup', () => Object.assign(watch, {ended: performance.now(), took: 0}), true);
  new MutationObserver(() => {
    const now = answer();
    if (!now || now === shown) return;
    shown = now;
    watch.changes += 1;
    if (watch.ended !== null) watch.took = performance.now() - watch.ended;
  }).observe(document.body, {subtree: true, childList: true});
}"""


def stroke_median() -> Measured:
    return Measured(median(_drawing()), _drawing())


def stroke_p95() -> Measured:
    return Measured(float(np.percentile(_drawing(), 95)), _drawing())


def stroke_erase_median() -> Measured:
    return Measured(median(_erasing()), _erasing())


def stroke_erase_p95() -> Measured:
    return Measured(float(np.percentile(_erasing(), 95)), _erasing())


@cache
def _drawing() -> list[float]:
    with open_dashboard(ADDRESS) as page:
        return time_strokes(page, drawing_canvas(page, 0), DRAWN, clear="Clear")


@cache
def _erasing() -> list[float]:
    """Rub a digit out, so that the restoring network has holes to fill."""
    with open_dashboard(f"{ADDRESS}&sample={SAMPLE}") as page:
        return time_strokes(page, drawing_canvas(page, 0), RUBBED, clear="Undo all erasing")


@contextmanager
def open_page(path: str) -> Iterator[Page]:
    """Yield a page of the real dashboard. Raises NotMeasurable without data or a browser."""
    mnist.network("restoring")  # without it or MNIST this would be another page
    if find_chromium() is None:
        raise NotMeasurable("no Chromium or Chrome is installed.")
    with serve(OMP_NUM_THREADS="1") as address, sync_playwright() as playwright:
        with open_tab(launch_chromium(playwright), **LAPTOP) as page:
            page.goto(f"{address}/{path}")
            yield page


@contextmanager
def open_dashboard(path: str) -> Iterator[Page]:
    """Yield a page with a canvas, its strokes watched. Raises NotMeasurable without data or a browser."""
    with open_page(path) as page:
        drawing_canvas(page, 0).wait_for(timeout=60_000)
        page.evaluate(WATCH)
        yield page


def time_strokes(page: Page, canvas: Locator, lines: list[Line], *, clear: str) -> list[float]:
    """Draw one stroke for nothing, which loads the networks; then all that count, emptying the full canvas."""
    _stroke(page, canvas, lines[0], limit=60_000)
    taken: list[float] = []
    while len(taken) < STROKES:
        _empty(page, clear)
        taken += [_stroke(page, canvas, line) for line in lines]
    _empty(page, clear)
    return taken


def _empty(page: Page, clear: str) -> None:
    page.get_by_role("button", name=clear, exact=True).click()
    _settle(page)


def _stroke(page: Page, canvas: Locator, line: Line, *, limit: int = LIMIT) -> float:
    """Draw, and return the milliseconds until the server's bars were there."""
    draw_strokes(page, canvas, line)
    page.wait_for_function("strokeWatch.changes > 0", timeout=limit)
    _settle(page)
    return float(page.evaluate("strokeWatch.took"))


def _settle(page: Page) -> None:
    page.wait_for_timeout(PAUSE)
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning", timeout=LIMIT)
    page.wait_for_timeout(PAUSE)
