"""The browser makes the same digit of a drawing as Python, to the last level."""

import base64
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page

from core.digits.drawing import prepare_strokes
from core.digits.pictures import PictureError
from dashboard.components.forward import PREPARE
from dashboard.widgets.canvas import PEN_SIZES

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SIDE = 280
Ink = NDArray[np.uint8]

PREPARE_ALL = """(drawings) => drawings.map((text) => {
    const ink = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
    const digit = prepareStrokes(ink, Math.sqrt(ink.length));
    return digit && Array.from(digit, (level) => level * 255);
})"""


@pytest.fixture(scope="module")
def blank_page(chromium: Browser) -> Iterator[Page]:
    page = chromium.new_page()
    page.add_script_tag(content=PREPARE)
    yield page
    page.close()


def draw(*lines: tuple[list[float], float]) -> Ink:
    """Return smooth lines, each through points x, y, x, y ... of the canvas with a width."""
    picture = Image.new("L", (3 * SIDE, 3 * SIDE))
    for points, width in lines:
        places = [(3 * x, 3 * y) for x, y in zip(points[::2], points[1::2], strict=True)]
        ImageDraw.Draw(picture).line(places, 255, round(3 * width), "curve")
        for x, y in places:
            ImageDraw.Draw(picture).circle((x, y), 1.5 * width, 255)
    return np.asarray(picture.reduce(3))


def random_points(chance: np.random.Generator, corners: int, first: int, last: int) -> list[float]:
    return chance.integers(first, last, 2 * corners).astype(float).tolist()


def draw_like_a_pen(seed: int) -> Ink:
    chance = np.random.default_rng(seed)
    width = [*PEN_SIZES.values()][seed % 3]
    return draw((random_points(chance, 5, 20, 260), width), (random_points(chance, 2, 20, 260), width))


def draw_thinly(seed: int) -> Ink:
    chance = np.random.default_rng(seed)
    return draw((random_points(chance, 4, 5, 275), chance.uniform(2, 12)))


def draw_with_specks(seed: int) -> Ink:
    chance = np.random.default_rng(seed)
    specks = [(random_points(chance, 1, 5, 275), chance.uniform(2, 40)) for _ in range(4)]
    return draw((random_points(chance, 4, 40, 240), 22), *specks)


def draw_tinily(seed: int) -> Ink:
    chance = np.random.default_rng(seed)
    return draw((random_points(chance, 3, 100, 125), chance.uniform(1, 14)))


def draw_nearly_everything(seed: int) -> Ink:
    ink = np.full((SIDE, SIDE), 255, np.uint8)
    ink[: 40 + seed] = 0
    return ink


def draw_symmetrically(seed: int) -> Ink:
    """Return bars whose middle falls between two pixels of the digit, so that rounding decides where it is put."""
    ink = np.zeros((SIDE, SIDE), np.uint8)
    ink[40:240, 100 : 104 + 4 * seed] = 255
    return ink if seed % 2 else np.ascontiguousarray(ink.T)


def draw_faintly(seed: int) -> Ink:
    """Return what a browser that smooths in its own way may paint: any level anywhere on a line."""
    chance = np.random.default_rng(seed)
    return (draw_like_a_pen(seed) * chance.uniform(0.05, 0.9, (SIDE, SIDE))).astype(np.uint8)


@pytest.mark.parametrize(
    ("painted", "count"),
    [
        (draw_like_a_pen, 90),
        (draw_thinly, 60),
        (draw_with_specks, 40),
        (draw_tinily, 30),
        (draw_nearly_everything, 10),
        (draw_symmetrically, 20),
        (draw_faintly, 20),
    ],
)
def test_the_browser_makes_the_same_digit(painted: Callable[[int], Ink], count: int, blank_page: Page) -> None:
    drawings = [painted(seed) for seed in range(count)]
    found = blank_page.evaluate(PREPARE_ALL, [base64.b64encode(ink.tobytes()).decode() for ink in drawings])
    for seed, (ink, digit) in enumerate(zip(drawings, found, strict=True)):
        expected = prepare_strokes(ink).digit * 255
        assert np.abs(np.reshape(digit, (28, 28)) - expected).max() < 0.001, f"drawing {seed}"


def test_where_python_shows_a_sentence_the_browser_leaves_the_answer_to_it(blank_page: Page) -> None:
    for level in (0, 255):
        ink = np.full((SIDE, SIDE), level, np.uint8)
        with pytest.raises(PictureError):
            prepare_strokes(ink)
        assert blank_page.evaluate(PREPARE_ALL, [base64.b64encode(ink.tobytes()).decode()]) == [None]
