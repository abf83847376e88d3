"""A pen with a palm, and browsers of some years ago: the canvas still answers."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page

from tests import ROOT
from tests.browser import SEVEN, complaints_of, draw_strokes, open_canvas, open_tab, settle

BOARD = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
import streamlit as st
from dashboard.widgets.canvas import draw_canvas
ink = draw_canvas(key="draw")
st.text(f"left {{0 if ink is None else (ink[:, :140] > 127).sum()}}")
st.text(f"right {{0 if ink is None else (ink[:, 140:] > 127).sum()}}")
"""
MISSING = {  # what a browser of 2021 does not have
    "CompressionStream": "delete window.CompressionStream",
    "ariaLabel": "delete Element.prototype.ariaLabel; delete Element.prototype.ariaPressed",
    "coalesced events": "delete PointerEvent.prototype.getCoalescedEvents",
    "pointer capture": "delete Element.prototype.setPointerCapture",
    "at and findLastIndex": "delete Array.prototype.at; delete Array.prototype.findLastIndex",
}
TOUCH, PEN = {"pointerId": 7, "pointerType": "touch"}, {"pointerId": 9, "pointerType": "pen"}
SEND = """(canvas, { kind, x, y, ...pointer }) => {
    const box = canvas.getBoundingClientRect();
    const place = { clientX: box.left + x * box.width, clientY: box.top + y * box.height };
    const buttons = kind === "pointerup" ? 0 : 1;
    const how = { button: 0, buttons, bubbles: true, composed: true };
    canvas.dispatchEvent(new PointerEvent(kind, { ...pointer, ...place, ...how }));
}"""
pytestmark = pytest.mark.browser


def ink(page: Page, half: str) -> int:
    settle(page)
    return int(page.get_by_text(f"{half} ").inner_text().removeprefix(f"{half} "))


def send(canvas: Locator, pointer: dict[str, Any], kind: str, x: float, y: float) -> None:
    canvas.evaluate(SEND, {**pointer, "kind": f"pointer{kind}", "x": x, "y": y})


@pytest.mark.slow
@pytest.mark.parametrize("missing", MISSING)
def test_the_canvas_answers_in_a_browser_without(missing: str, board: str, chromium: Browser) -> None:
    with open_tab(chromium) as page:
        page.add_init_script(MISSING[missing])
        canvas = open_canvas(page, board)
        draw_strokes(page, canvas, SEVEN)
        assert ink(page, "left") > 2000 and ink(page, "right") > 2000
        assert "canvas" in (canvas.get_attribute("aria-label") or "").lower()
        assert not [text for text in complaints_of(page) if "live canvas" in text]


@pytest.mark.slow
def test_a_stroke_that_ends_outside_has_ended_without_pointer_capture(board: str, chromium: Browser) -> None:
    with open_tab(chromium) as page:
        page.add_init_script(MISSING["pointer capture"])
        canvas = open_canvas(page, board)
        draw_strokes(page, canvas, [(0.2, 0.5), (-0.2, 0.5)])
        draw_strokes(page, canvas, [(0.2, 0.9), (0.3, 0.9)])
        box = canvas.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + 0.5 * box["height"], steps=5)
        assert ink(page, "left") > 1000 and ink(page, "right") == 0


@pytest.mark.slow
def test_a_pen_takes_over_from_the_palm_and_the_palms_mark_goes(board: str, page: Page) -> None:
    canvas = open_canvas(page, board)
    send(canvas, TOUCH, "down", 0.8, 0.8)
    send(canvas, TOUCH, "move", 0.9, 0.9)
    page.wait_for_timeout(300)
    assert ink(page, "right") > 300
    send(canvas, PEN, "down", 0.2, 0.2)
    send(canvas, TOUCH, "move", 0.9, 0.6)
    send(canvas, PEN, "move", 0.2, 0.8)
    send(canvas, TOUCH, "up", 0.9, 0.6)
    send(canvas, PEN, "move", 0.3, 0.8)
    send(canvas, PEN, "up", 0.3, 0.8)
    assert ink(page, "left") > 3000 and ink(page, "right") == 0
    page.get_by_role("button", name="Undo").click()
    assert ink(page, "left") == ink(page, "right") == 0, "the palm has left nothing to undo"


@pytest.mark.slow
def test_a_palm_takes_nothing_from_a_pen(board: str, page: Page) -> None:
    canvas = open_canvas(page, board)
    send(canvas, PEN, "down", 0.2, 0.2)
    send(canvas, TOUCH, "down", 0.9, 0.9)
    send(canvas, TOUCH, "move", 0.8, 0.6)
    send(canvas, PEN, "move", 0.2, 0.8)
    send(canvas, PEN, "up", 0.2, 0.8)
    assert ink(page, "left") > 3000 and ink(page, "right") == 0
