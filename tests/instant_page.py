"""Strokes that the browser answers: what is there already, what is sent, what is shown, and that the server agrees."""

import numpy as np
from playwright.sync_api import Page

from tests.browser import ROWS, complaints_of, drawing_canvas, settle

WEIGHTS = "performance.getEntriesByType('resource').filter((one) => one.name.includes('_weights/'))"
HERE = f"count => {WEIGHTS}.filter((one) => one.responseEnd).length >= count"
BARS = """rows => rows.map((row) =>
    [...row.querySelectorAll(".ns-bar b")].map((bar) => parseFloat(bar.style.getPropertyValue("--share"))))"""


def count_messages(page: Page) -> list[object]:
    """Return a list to which every message of the page's socket to the server will be added."""
    messages: list[object] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda one: messages.append(one)))
    return messages


def begin_stroke(page: Page, points: list[tuple[float, float]], canvas: int = 0) -> None:
    """Draw, and leave the mouse down."""
    locator = drawing_canvas(page, canvas)
    locator.scroll_into_view_if_needed()
    box = locator.bounding_box()
    assert box is not None
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=8)
        page.wait_for_timeout(50)
    page.wait_for_timeout(200)


def read_bars(page: Page) -> list[list[float]]:
    found: list[list[float]] = page.locator(ROWS).evaluate_all(BARS)
    return found


def read_rows(page: Page) -> list[str]:
    return [row.inner_text() for row in page.locator(ROWS).all()]


def assert_the_server_confirms(page: Page, messages: list[object]) -> None:
    """End the stroke: one message goes out, and the server's own rows say the same as the browser's."""
    bars, rows = read_bars(page), read_rows(page)
    page.evaluate("document.querySelector('.ns-readings').isOfTheBrowser = true")
    page.mouse.up()
    page.wait_for_function("!document.querySelector('.ns-readings').isOfTheBrowser", timeout=30_000)
    assert len(messages) == 1
    assert np.abs(np.subtract(read_bars(page), bars)).max() <= 0.11
    assert read_rows(page) == rows
    settle(page)
    assert not complaints_of(page)
