"""Make the README's moving picture again, light and dark: `make screenshots`.

The real dashboard in a real browser: a 3 is drawn, a part of it is erased, and some networks change their answer.
"""

import io
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import drawing_canvas, launch_chromium, open_tab, serve, settle

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
WINDOW = {"width": 1366, "height": 768}
VISIBLE = {"x": 20, "y": 58, "width": 1326, "height": 700}  # of the window, without the menu
WIDTH = 960  # pixels of the picture
FRAME, PAUSE = 90, 1800  # milliseconds: one frame, and how long the answers can be read
STEP = 18.0  # pixels that the pointer moves between two frames
DIGIT = [  # a 3, in shares of the canvas
    *[(0.29, 0.26), (0.36, 0.19), (0.46, 0.15), (0.56, 0.16), (0.64, 0.22), (0.66, 0.31), (0.61, 0.4), (0.53, 0.45)],
    *[(0.44, 0.47), (0.55, 0.48), (0.65, 0.54), (0.7, 0.63), (0.68, 0.73), (0.6, 0.81), (0.49, 0.85), (0.38, 0.83)],
    *[(0.28, 0.77)],
]
ERASED = [(0.22, 0.2), (0.8, 0.2), (0.22, 0.32), (0.8, 0.32), (0.22, 0.44), (0.8, 0.44)]
POINTER = """
const dot = document.createElement('div');
dot.style.cssText = 'position:fixed;left:-20px;width:14px;height:14px;margin:-7px;border-radius:50%;z-index:999999;' +
  'pointer-events:none;background:#f59e0bcc;border:2px solid white';
document.body.append(dot);
addEventListener('pointermove', at => { dot.style.left = at.clientX + 'px'; dot.style.top = at.clientY + 'px'; }, true);
"""


def main() -> None:
    """Save one moving picture per theme."""
    FOLDER.mkdir(exist_ok=True)
    with serve() as address, sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        for theme in ("light", "dark"):
            _save(list(_film(browser, f"{address}/compare", theme)), FOLDER / f"minds-change-{theme}.webp")
        browser.close()


def _film(browser: Browser, url: str, theme: str) -> Iterator[tuple[Image.Image, int]]:
    """Yield frames and how many milliseconds each is shown."""
    with open_tab(browser, viewport=WINDOW, color_scheme=theme) as page:
        page.goto(url)
        drawing_canvas(page).wait_for(timeout=60_000)
        settle(page)
        page.evaluate(POINTER)
        yield _shoot(page), FRAME * 4
        yield from _drag(page, 0, DIGIT)
        settle(page)
        yield _shoot(page), PAUSE
        yield from _drag(page, 1, ERASED)
        settle(page)
        yield _shoot(page), 2 * PAUSE


def _drag(page: Page, canvas: int, points: list[tuple[float, float]]) -> Iterator[tuple[Image.Image, int]]:
    """Drag the pointer through `points`, given as shares of the canvas's size; yield a frame at each step."""
    box = drawing_canvas(page, canvas).bounding_box()
    assert box is not None, "the canvas is not visible"
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for start, end in pairwise(places):
        for place in _between(start, end):
            page.mouse.move(*place)
            page.wait_for_timeout(120)  # the answer to this part of the stroke
            yield _shoot(page), FRAME
    page.mouse.up()


def _between(start: tuple[float, float], end: tuple[float, float]) -> list[tuple[float, float]]:
    """Return places on the straight line from `start` (left out) to `end`, about STEP pixels apart."""
    (left, top), (right, bottom) = start, end
    count = max(1, round(((right - left) ** 2 + (bottom - top) ** 2) ** 0.5 / STEP))
    shares = [step / count for step in range(1, count + 1)]
    return [(left + share * (right - left), top + share * (bottom - top)) for share in shares]


def _shoot(page: Page) -> Image.Image:
    picture = Image.open(io.BytesIO(page.screenshot(clip=VISIBLE))).convert("RGB")
    return picture.resize((WIDTH, WIDTH * picture.height // picture.width), Image.Resampling.LANCZOS)


def _save(frames: list[tuple[Image.Image, int]], target: Path) -> None:
    (first, _), *rest = frames
    durations = [duration for _, duration in frames]
    pictures = [picture for picture, _ in rest]
    first.save(target, save_all=True, append_images=pictures, duration=durations, loop=0, quality=70, method=4)


if __name__ == "__main__":
    main()
