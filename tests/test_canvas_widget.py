"""Drawing and erasing as pages use them: what counts as covered, what people see, that nothing is lost on the way."""

import base64
import re

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect
from streamlit.testing.v1 import AppTest

from core.visualization.arrays import ERASED
from dashboard.widgets.canvas import SHAPE_ALPHA, covered_cells, erase_background, erase_key
from tests import ROOT
from tests.browser import draw_strokes, drawing_canvas, serve_text, settle
from tests.pages import to_runs

DIGIT = np.zeros((28, 28), np.float32)
KEPT = np.ones((28, 28), bool)
BRUSH = round(SHAPE_ALPHA * 255)


def both_canvases() -> None:
    import numpy as np
    import streamlit as st

    from dashboard.widgets.canvas import draw_canvas, erase_canvas

    strokes = draw_canvas(key="draw")
    mask = erase_canvas(np.zeros((28, 28), np.float32), np.ones((28, 28), bool), key="erase")
    st.text(f"ink {0 if strokes is None else (strokes > 127).sum()}, empty {strokes is None}")
    st.text(f"erased {(~mask).sum()}")


def texts(app: AppTest) -> list[str]:
    assert not app.exception
    return [text.value for text in app.text]


def brushed(x0: int, y0: int, x1: int, y1: int, *, size: int = 280, alpha: int = BRUSH) -> NDArray[np.uint8]:
    """The alpha of a canvas with one rectangle, its last row and column not included."""
    canvas = np.zeros((size, size), np.uint8)
    canvas[y0:y1, x0:x1] = alpha
    return canvas


def as_sent(content: bytes, *, number: int = 1, board: str = "") -> dict[str, object]:
    """What the browser sends: runs of ink, or packed cells; nothing for an empty canvas."""
    packed = base64.b64encode(content).decode()
    return {"sent": {"board": board, "number": number, "going": False, "cleared": 0, "content": packed}}


@pytest.mark.parametrize(
    ("alpha", "cells"),
    [
        (brushed(0, 0, 280, 280), 784),
        (brushed(0, 0, 0, 0), 0),
        (brushed(140, 140, 252, 252), 11 * 11),  # 2 of 10 pixels into the twelfth cell do not count
        (brushed(145, 140, 255, 150), 12),  # half of the first and of the last cell do
        (brushed(146, 140, 254, 150), 10),
        (brushed(140, 140, 150, 150, alpha=BRUSH // 2 - 1), 0),  # the blurred rim of a stroke
        (brushed(24, 24, 48, 48, size=336), 4),  # 12 pixels to the cell
    ],
)
def test_a_cell_is_covered_when_half_of_it_is(alpha: NDArray[np.uint8], cells: int) -> None:
    assert covered_cells(alpha).sum() == cells


@pytest.mark.parametrize("brush", [2, 3, 5])
@pytest.mark.parametrize("offset", [0, 3, 7])
def test_a_brush_covers_as_many_rows_as_it_is_wide(brush: int, offset: int) -> None:
    middle = 140 + 5 * brush + offset  # the brush's edges fall between the middles of two cells
    stroke = Image.new("L", (280, 280))
    ImageDraw.Draw(stroke).line([(0, middle), (280, middle)], fill=BRUSH, width=10 * brush)
    assert (covered_cells(np.asarray(stroke)).sum(axis=0) == brush).all()


def test_covered_cells_are_where_the_brush_was() -> None:
    cells = covered_cells(brushed(30, 200, 50, 210))
    assert np.argwhere(cells).tolist() == [[20, 3], [20, 4]]


def test_the_background_shows_every_pixel_of_the_digit() -> None:
    digit = np.linspace(0, 1, 784, dtype=np.float32).reshape(28, 28)
    picture = np.asarray(erase_background(digit, KEPT, 280))
    assert picture.shape == (280, 280, 3)
    assert (picture == np.rint(digit * 255).repeat(10, 0).repeat(10, 1)[..., None]).all()


def test_the_background_marks_what_is_erased_and_hides_the_digit_there() -> None:
    mask = KEPT.copy()
    mask[14:] = False
    black, white = (np.asarray(erase_background(digit, mask, 280)) for digit in (DIGIT, DIGIT + 1))
    assert (black[:140] == 0).all() and (white[:140] == 255).all()
    assert (black[140:] == white[140:]).all()
    assert (black[140:, :, 0] > 60).all()  # never mistaken for black ground
    assert (black[140:] == ERASED).all(axis=-1).any(axis=0).all()  # a stripe crosses every column


def test_another_digit_or_mask_is_another_canvas() -> None:
    keys = {erase_key("erase", *these) for these in ((DIGIT, KEPT), (DIGIT + 1, KEPT), (DIGIT, ~KEPT))}
    assert len(keys) == 3
    assert erase_key("erase", DIGIT.copy(), KEPT.copy()) in keys


def test_without_strokes_nothing_is_drawn_or_erased() -> None:
    assert texts(AppTest.from_function(both_canvases).run()) == ["ink 0, empty True", "erased 0"]


def test_strokes_are_read_and_cleared() -> None:
    app = AppTest.from_function(both_canvases).run()
    cells = np.zeros((28, 28), bool)
    cells[10:12, 5:15] = True
    app.session_state["draw"] = as_sent(to_runs(brushed(50, 100, 150, 120, alpha=255)))
    board = erase_key("erase", DIGIT, KEPT)
    app.session_state["erase"] = as_sent(np.packbits(cells).tobytes(), board=board)
    assert texts(app.run()) == ["ink 2000, empty False", "erased 20"]
    assert texts(app.run()) == ["ink 2000, empty False", "erased 20"]
    app.session_state["draw"] = as_sent(b"", number=2)
    assert texts(app.run()) == ["ink 0, empty True", "erased 20"]
    app.session_state["erase"] = as_sent(b"", number=2, board=board)
    assert texts(app.run())[1] == "erased 0"


def test_a_canvas_can_start_with_strokes() -> None:
    def started() -> None:
        import numpy as np
        import streamlit as st

        from dashboard.widgets.canvas import draw_canvas

        initial = np.full((280, 280), np.arange(280, dtype=np.uint8)[:, None])
        strokes = draw_canvas(key="draw", initial=initial)
        st.text(f"same {strokes is not None and (strokes == initial).all()}")

    app = AppTest.from_function(started).run()
    assert texts(app) == ["same True"]
    app.session_state["draw"] = as_sent(b"")
    assert texts(app.run()) == ["same False"]


TWO_PAGES = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
import numpy as np
import streamlit as st
from dashboard.widgets.canvas import draw_canvas, erase_canvas

def here():
    tool = st.radio("Tool", ["brush", "rectangle"])
    strokes = draw_canvas(key="draw")
    mask = erase_canvas(np.ones((28, 28), np.float32), np.ones((28, 28), bool), key="erase", tool=tool)
    st.text(f"ink {{0 if strokes is None else (strokes > 127).sum()}}")
    st.text(f"erased {{(~mask).sum()}}")

def there():
    st.text("elsewhere")

st.navigation([st.Page(here, title="Here", default=True), st.Page(there, title="There")]).run()
"""


@pytest.mark.slow
@pytest.mark.browser
def test_a_drawing_outlives_tools_and_pages(page: Page) -> None:
    with serve_text(TWO_PAGES) as address:
        page.goto(address)
        drawing_canvas(page, 1).wait_for()
        draw_strokes(page, 0, [(0.3, 0.2), (0.7, 0.2), (0.4, 0.8)])
        ink = page.get_by_text("ink")
        settle(page)
        expect(ink).to_have_text(re.compile("ink [1-9]"))
        drawn = ink.inner_text()
        page.get_by_text("rectangle").click()
        settle(page)
        draw_strokes(page, 1, [(0.5, 0.5), (0.9, 0.9)])
        expect(page.get_by_text("erased 121")).to_be_visible()
        page.get_by_role("link", name="There", exact=True).click()
        expect(page.get_by_text("elsewhere")).to_be_visible()
        page.get_by_role("link", name="Here", exact=True).click()
        expect(page.get_by_text("erased 121")).to_be_visible()
        assert ink.inner_text() == drawn
        draw_strokes(page, 1, [(0.1, 0.1), (0.2, 0.1)])  # the first strokes are still on the canvas
        expect(page.get_by_text("erased")).to_have_text(re.compile("erased 1[3-9]."))
        page.get_by_role("button", name="Clear").click()
        expect(page.get_by_text("ink 0")).to_be_visible()
        assert page.complaints == []  # type: ignore[attr-defined]
