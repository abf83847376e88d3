"""The live canvas in a real browser: mouse, finger, keyboard, undo, other pages, the same digit as the library's."""

import base64
import re
import time
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from streamlit.testing.v1 import AppTest

from tests import ROOT
from tests.browser import LAPTOP, SEVEN, complaints_of, draw_strokes, open_canvas, open_tab, settle
from tests.pages import to_runs

BOARD = f"""
import sys
import time
sys.path.insert(0, {str(ROOT)!r})
import numpy as np
import streamlit as st
from streamlit_drawable_canvas import st_canvas
from core.digits.drawing import prepare_strokes
from dashboard.widgets.canvas import draw_canvas, erase_canvas
from dashboard.components.live_canvas import acknowledgement, stroke_goes_on

def drawing():
    strokes = draw_canvas(key="draw", pen=int(st.query_params.get("pen", 22)))
    result = library() if "library" in st.query_params else None
    st.session_state.runs = st.session_state.get("runs", 0) + 1
    st.text(f"runs {{st.session_state.runs}}")
    st.text(f"going {{stroke_goes_on('draw')}}")
    time.sleep(float(st.query_params.get("busy", 0)))
    st.html(acknowledgement("draw"))
    ink = np.zeros((280, 280)) if strokes is None else strokes
    st.text(f"ink {{(ink > 127).sum()}}")
    if result and result.json_data and result.json_data["objects"] and strokes is not None:
        theirs = result.image_data[..., 0]
        digits = [prepare_strokes(each).digit for each in (strokes, theirs)]
        st.text(f"differs by {{255 * abs(digits[0] - digits[1]).max():.3f}} of {{255 * digits[0].max():.0f}}")

def library():
    st.container(height=60, border=False)  # its toolbar opens here
    settings = dict(width=280, height=280, stroke_color="#fff", background_color="#000", return_image_data=True)
    return st_canvas(key="library", stroke_width=int(st.query_params["pen"]), **settings)

def erasing():
    if "cleared" not in st.session_state:
        st.session_state.cleared = 0
    def cleared():
        st.session_state.cleared += 1
    digit = np.full((28, 28), st.slider("Digit", 0, 9) / 9, np.float32)
    tool = "rectangle" if "rectangle" in st.query_params else "brush"
    mask = erase_canvas(digit, np.ones((28, 28), bool), key="erase", tool=tool, on_clear=cleared)
    st.text(f"erased {{(~mask).sum()}}")
    st.text(f"rows {{np.flatnonzero(~mask.all(1)).tolist()}} columns {{np.flatnonzero(~mask.all(0)).tolist()}}")
    st.text(f"cleared {{st.session_state.cleared}}")

pages = [st.Page(drawing, title="Drawing", default=True), st.Page(erasing, title="Erasing", url_path="erasing")]
st.navigation(pages).run()
"""
pytestmark = pytest.mark.browser


def said(page: Page, word: str) -> str:
    """What the page says after this word, once it has nothing more to do."""
    settle(page)
    return page.get_by_text(re.compile(f"^{word} ")).inner_text().removeprefix(f"{word} ")


def ink(page: Page) -> int:
    return int(said(page, "ink"))


def draw_slowly(page: Page, canvas: Locator) -> float:
    """Draw for a second and more, and stay on the canvas; return the seconds that were drawn for."""
    box = canvas.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 40, box["y"] + 40)
    page.mouse.down()
    start = time.monotonic()
    for step in range(25):
        page.mouse.move(box["x"] + 40 + 8 * step, box["y"] + 40 + 4 * step)
        page.wait_for_timeout(40)
    return time.monotonic() - start


@pytest.mark.slow
def test_the_page_hears_of_a_stroke_while_it_goes_on(board: str, page: Page) -> None:
    canvas = open_canvas(page, board)
    before = int(said(page, "runs"))
    most = draw_slowly(page, canvas) / 0.08 + 2
    assert said(page, "going") == "True"
    runs, so_far = int(said(page, "runs")) - before, ink(page)
    assert 2 <= runs <= most and so_far > 3000
    page.mouse.up()
    assert said(page, "going") == "False" and ink(page) >= so_far
    assert not complaints_of(page)


@pytest.mark.slow
def test_a_busy_server_is_asked_once_a_second_and_hears_of_the_end_at_once(board: str, page: Page) -> None:
    canvas = open_canvas(page, f"{board}?busy=0.3")
    draw_strokes(page, canvas, SEVEN)  # the browser learns how long an answer takes
    before = int(said(page, "runs"))
    seconds = draw_slowly(page, canvas)
    page.mouse.up()
    assert said(page, "going") == "False"
    assert int(said(page, "runs")) - before <= seconds + 2


def drag(page: Page, canvas: Locator, points: list[tuple[int, int]], *, moves: int) -> None:
    """Drag the mouse over whole pixels only: the library rounds the others down, ours does not."""
    box = canvas.bounding_box()
    assert box is not None and box["x"] == int(box["x"]) and box["y"] == int(box["y"])
    page.mouse.move(box["x"] + points[0][0], box["y"] + points[0][1])
    page.mouse.down()
    for (x, y), (right, down) in zip(points, points[1:], strict=False):
        for step in range(1, moves + 1):
            across, along = round(x + (right - x) * step / moves), round(y + (down - y) * step / moves)
            page.mouse.move(box["x"] + across, box["y"] + along)
    page.mouse.up()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("pen", "moves", "points", "most"),
    [
        (22, 7, [(70, 56), (210, 56), (126, 224)], 1),
        (14, 10, [(80, 80), (170, 80), (130, 140), (180, 190), (70, 220)], 1),
        (22, 10, [(120, 60), (180, 110), (110, 150), (180, 200), (90, 220)], 1),
        # The library copies a finished stroke by a part of a pixel when its middle is not on one, which blurs its edge.
        (30, 10, [(80, 70), (180, 70), (100, 180), (190, 200)], 5),
        (22, 10, [(180, 60), (80, 120), (190, 180), (90, 230)], 5),
    ],
)
def test_the_same_points_make_the_same_digit_as_on_the_librarys_canvas(
    pen: int, moves: int, points: list[tuple[int, int]], most: int, board: str, chromium: Browser
) -> None:
    """In the 28x28 digit, by at most so many of 255."""
    with open_tab(chromium, viewport={"width": 1366, "height": 1000}) as page:
        ours = open_canvas(page, f"{board}?pen={pen}&library")
        drag(page, ours, points, moves=moves)
        drag(page, page.locator("canvas.upper-canvas"), points, moves=moves)
        page.get_by_text("differs by").wait_for()
        difference, brightest = map(float, said(page, "differs by").split(" of "))
        assert difference <= most and brightest == 255


@pytest.mark.slow
def test_undo_redo_and_clear_by_the_buttons(board: str, page: Page) -> None:
    canvas = open_canvas(page, board)
    undo, redo, clear = (page.get_by_role("button", name=name) for name in ("Undo", "Redo", "Clear"))
    expect(undo).to_be_disabled()
    draw_strokes(page, canvas, SEVEN)
    seven = ink(page)
    draw_strokes(page, canvas, [(0.2, 0.9), (0.8, 0.9)])
    both = ink(page)
    assert both > seven > 0
    undo.click()
    assert ink(page) == seven
    redo.click()
    assert ink(page) == both
    expect(redo).to_be_disabled()
    clear.click()
    assert ink(page) == 0
    undo.click()
    assert ink(page) == both


@pytest.mark.slow
def test_sixty_strokes_can_be_undone_and_the_ink_before_them_stays(board: str, page: Page) -> None:
    box = open_canvas(page, board).bounding_box()
    assert box is not None
    for dot in range(64):
        page.mouse.click(box["x"] + 20 + 30 * (dot % 8), box["y"] + 20 + 30 * (dot // 8))
    dots = ink(page)
    undo = page.get_by_role("button", name="Undo")
    undo.evaluate("button => { for (let press = 0; press < 60; press++) button.click(); }")
    expect(undo).to_be_disabled()
    assert abs(16 * ink(page) - dots) < 0.01 * dots


@pytest.mark.slow
def test_the_eraser_takes_ink_away(board: str, page: Page) -> None:
    canvas = open_canvas(page, board)
    draw_strokes(page, canvas, SEVEN)
    seven = ink(page)
    page.get_by_role("button", name="Eraser").click()
    draw_strokes(page, canvas, [(0.25, 0.2), (0.5, 0.2)])
    assert 0 < ink(page) < seven - 1000


@pytest.mark.slow
def test_the_keyboard_draws_undoes_and_clears(board: str, page: Page) -> None:
    canvas = open_canvas(page, board)
    canvas.focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".live .cursor")).to_be_visible()
    page.keyboard.press("Space")
    for _ in range(5):
        page.keyboard.press("ArrowDown")
    expect(page.locator(".live .position")).to_have_text("row 19, column 13, pen down")
    page.keyboard.press("Space")
    line = ink(page)
    assert abs(line - (22 * 50 + np.pi * 11**2)) < 60
    page.keyboard.press("Control+z")
    assert ink(page) == 0
    page.keyboard.press("Control+y")
    assert ink(page) == line
    page.keyboard.press("Delete")
    assert ink(page) == 0
    assert "canvas" in (canvas.get_attribute("aria-label") or "").lower()


def touch(page: Page, canvas: Locator, points: list[tuple[float, float]]) -> None:
    """Drag one finger over the canvas through the browser's own input, so that it may scroll instead."""
    box = canvas.bounding_box()
    assert box is not None
    session = page.context.new_cdp_session(page)

    def send(kind: str, *place: dict[str, Any]) -> None:
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": list(place)})

    places = [{"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]} for x, y in points]
    send("touchStart", places[0])
    for start, end in zip(places, places[1:], strict=False):
        for step in range(1, 9):
            send("touchMove", {axis: start[axis] + (end[axis] - start[axis]) * step / 8 for axis in "xy"})
            page.wait_for_timeout(16)
    send("touchEnd")


@pytest.mark.slow
def test_a_finger_draws_and_the_page_stays_where_it_is(board: str, phone: Page) -> None:
    canvas = open_canvas(phone, board)
    phone.add_style_tag(content="body { min-height: 3000px }")
    touch(phone, canvas, [(0.5, 0.9), (0.5, 0.1)])
    assert abs(ink(phone) - (22 * 0.8 * 280 + np.pi * 11**2)) < 250
    assert phone.evaluate("document.querySelector('[data-testid=stMain]').scrollTop + scrollY") == 0
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    for button in phone.locator(".live button:visible").all():
        assert min(button.bounding_box()[side] for side in ("width", "height")) >= 32  # type: ignore[index]


@pytest.mark.slow
def test_a_finger_drags_a_rectangle(board: str, phone: Page) -> None:
    canvas = open_canvas(phone, f"{board}/erasing?rectangle")
    touch(phone, canvas, [(0.25, 0.5), (0.5, 0.75)])
    assert said(phone, "erased") == "49"
    assert said(phone, "rows") == f"{list(range(14, 21))} columns {list(range(7, 14))}"


@pytest.mark.slow
def test_a_narrow_column_shrinks_the_canvas_and_changes_nothing_else(board: str, chromium: Browser) -> None:
    sizes = []
    for settings in (LAPTOP, {"viewport": {"width": 220, "height": 800}, "device_scale_factor": 3}):
        with open_tab(chromium, **settings) as page:
            canvas = open_canvas(page, f"{board}/erasing?rectangle")
            draw_strokes(page, canvas, [(0.25, 0.5), (0.5, 0.75)])
            assert said(page, "erased") == "49"
            sizes.append((canvas.bounding_box()["width"], canvas.evaluate("canvas => canvas.width")))  # type: ignore[index]
    assert sizes[0] == (280, 280)
    assert sizes[1][0] < 220 and sizes[1][1] == round(3 * sizes[1][0])  # sharp on a screen of three times the pixels


@pytest.mark.slow
def test_a_fast_zigzag_is_as_round_as_a_slow_one(board: str, page: Page) -> None:
    canvas = open_canvas(page, board)
    corners = [(0.2 + 0.06 * i, 0.3 if i % 2 else 0.7) for i in range(11)]
    draw_strokes(page, canvas, corners, moves=20)
    slow = ink(page)
    page.get_by_role("button", name="Clear").click()
    settle(page)
    # All within one frame: the browser puts them together into few events, and lists what it has put together.
    box = canvas.bounding_box()
    assert box is not None
    session = page.context.new_cdp_session(page)

    def send(kind: str, x: float, y: float) -> None:
        place = {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]}
        pressed = {"type": kind, "button": "left", "buttons": 1, "clickCount": 1}
        session.send("Input.dispatchMouseEvent", pressed | place)

    send("mousePressed", *corners[0])
    page.evaluate("() => { const end = performance.now() + 300; while (performance.now() < end); }")
    for (x, y), (right, down) in zip(corners, corners[1:], strict=False):
        for step in range(1, 21):
            send("mouseMoved", x + (right - x) * step / 20, y + (down - y) * step / 20)
    send("mouseReleased", *corners[-1])
    assert abs(ink(page) - slow) < 0.02 * slow


@pytest.mark.slow
def test_a_drawing_and_its_undo_outlive_other_pages(board: str, page: Page) -> None:
    canvas = open_canvas(page, board)
    draw_strokes(page, canvas, SEVEN)
    seven = ink(page)
    page.get_by_role("link", name="Erasing").click()
    expect(page.get_by_text("erased 0")).to_be_visible()
    page.get_by_role("link", name="Drawing").click()
    assert ink(page) == seven
    draw_strokes(page, canvas, [(0.2, 0.9), (0.8, 0.9)])
    assert ink(page) > seven + 3000
    for left in (seven, 0):
        page.get_by_role("button", name="Undo").click()
        assert ink(page) == left
    assert not complaints_of(page)


@pytest.mark.slow
def test_another_digit_is_another_canvas_and_the_first_comes_back(board: str, page: Page) -> None:
    canvas = open_canvas(page, f"{board}/erasing")
    draw_strokes(page, canvas, [(0.3, 0.5), (0.7, 0.5)])
    rubbed = said(page, "erased")
    assert int(rubbed) > 30
    slider = page.get_by_role("slider")
    slider.press("ArrowRight")
    assert said(page, "erased") == "0"
    expect(page.get_by_role("button", name="Undo", exact=True)).to_be_disabled()
    slider.press("ArrowLeft")
    assert said(page, "erased") == rubbed
    page.get_by_role("button", name="Undo all erasing").click()
    assert said(page, "erased") == "0" and said(page, "cleared") == "1"


def test_what_a_browser_sends_is_not_trusted() -> None:
    def canvas() -> None:
        import streamlit as st

        from dashboard.widgets.canvas import draw_canvas

        st.text(f"empty {draw_canvas(key='draw') is None}")

    many = base64.b64encode(bytes([255]) * 10_000_000).decode()
    good = {"board": "", "number": 1, "going": False, "cleared": 0}
    for content in (many, "????", "AAAA", None, 7):
        app = AppTest.from_function(canvas).run()
        app.session_state["draw"] = {"sent": good | {"content": content}}
        assert app.run().text[0].value == "empty True" and not app.exception


@pytest.mark.parametrize(("older", "ink_left"), [(4, True), (6, False)])
def test_a_smaller_number_is_an_older_picture(older: int, ink_left: bool) -> None:
    def canvas() -> None:
        import streamlit as st

        from dashboard.widgets.canvas import draw_canvas

        st.text(f"ink {draw_canvas(key='draw') is not None}")

    full = base64.b64encode(to_runs(np.full((280, 280), 255, np.uint8))).decode()
    app = AppTest.from_function(canvas).run()
    for number, content in ((5, full), (older, "")):
        app.session_state["draw"] = {
            "sent": {"board": "", "number": number, "going": False, "cleared": 0, "content": content}
        }
        app.run()
    assert app.text[0].value == f"ink {ink_left}"
