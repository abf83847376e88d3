"""The page of attacks in a browser: how soon and how smoothly it plays, and what it costs whoever draws meanwhile."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from statistics import median

import numpy as np
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.benchmarks import Measured, NotMeasurable, mnist
from tests.benchmarks.live_page import ADDRESS, DRAWN, time_strokes
from tests.benchmarks.live_page import WATCH as WATCH_STROKES
from tests.benchmarks.maximization import SETTLED, WATCH
from tests.browser import LAPTOP, drawing_canvas, find_chromium, launch_chromium, open_tab, serve

TRIALS = 5
FRAMES = "40 / 40"  # the place of the last frame: forty steps
SAMPLE = "attack?sample=18"

# Presses Optimise again whenever the noises are there: the strokes take longer.
GROW_ON = """() => setInterval(() => {
  const [grow, stop] = ['Optimise', 'Stop'].map((name) =>
    [...document.querySelectorAll('button')].find((one) => one.innerText.trim().startsWith(name)));
  if (grow && stop?.disabled) grow.click();
}, 500)"""


def attack_first_frame() -> Measured:
    firsts = [shown[0][1] for shown in _attacked()]
    return Measured(median(firsts), firsts)


def attack_frames() -> Measured:
    rates = [1000 * (last[0] - first[0]) / (last[1] - first[1]) for first, *_, last in _attacked()]
    return Measured(median(rates), rates, "The player plays 30 a second at most.")


@cache
def _attacked() -> list[list[tuple[int, float]]]:
    """Press the button some times; return which frame was shown how many milliseconds after each click."""
    found = []
    with _open_browser() as (address, browser), open_tab(browser, **LAPTOP) as page:
        for _ in range(TRIALS + 1):
            page.goto(f"{address}/{SAMPLE}")  # the player of the run before is gone
            button = page.get_by_role("button", name=re.compile("^Attack( again)?$"))
            button.wait_for(timeout=60_000)
            page.evaluate(WATCH)
            page.wait_for_timeout(SETTLED)
            button.click()
            expect(page.locator(".player .count")).to_have_text(FRAMES, timeout=60_000)
            found.append([(int(one["frame"]), float(one["after"])) for one in page.evaluate("growthWatch.shown")])
    return found[1:]  # the first loads the networks


def stroke_attack() -> Measured:
    """Draw on the main page, first with nothing else going on, then while another visitor's noises grow."""
    with _open_browser() as (address, browser):
        with open_tab(browser, **LAPTOP) as drawing, open_tab(browser, **LAPTOP) as attacking:
            drawing.goto(f"{address}/{ADDRESS}")
            drawing_canvas(drawing, 0).wait_for(timeout=60_000)
            drawing.evaluate(WATCH_STROKES)
            alone = _strokes(drawing)
            _grow(attacking, address)
            drawing.bring_to_front()
            beside = _strokes(drawing)
    waits = [float(np.percentile(taken, 95)) for taken in (alone, beside)]
    note = f"{waits[0]:.0f} ms with nothing else going on; medians {median(alone):.0f} and {median(beside):.0f}."
    return Measured(waits[1], beside, note)


def _strokes(page: Page) -> list[float]:
    return time_strokes(page, drawing_canvas(page, 0), DRAWN, clear="Clear")


def _grow(page: Page, address: str) -> None:
    page.goto(f"{address}/{SAMPLE}")
    page.get_by_text("Noise for all", exact=True).click()
    page.get_by_role("button", name="Optimise", exact=True).wait_for(timeout=60_000)
    page.evaluate(GROW_ON)
    expect(page.locator(".player .count")).not_to_be_empty(timeout=60_000)


@contextmanager
def _open_browser() -> Iterator[tuple[str, Browser]]:
    mnist.dataset()  # without it these would be other digits
    if find_chromium() is None:
        raise NotMeasurable("no Chromium or Chrome is installed.")
    with serve(OMP_NUM_THREADS="1") as address, sync_playwright() as playwright:
        yield address, launch_chromium(playwright)
