"""The map of all digits in a real browser: pointing at a dot shows its digit; erasing moves the current one."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import complaints_of, draw_strokes, settle

pytestmark = pytest.mark.browser
DISC = ".ns-map-path .ns-left"


@pytest.mark.slow
def test_pointing_at_a_dot_shows_its_digit_and_erasing_moves_the_disc_over_the_same_map(
    server: str, page: Page
) -> None:
    page.goto(f"{server}/similarity?view=Map of all digits&sample=19&by=pixels&arranged=PCA")
    expect(page.locator(DISC)).to_be_attached(timeout=60_000)
    settle(page)
    box, tip = page.locator(".map > svg").bounding_box(), page.locator(".map .tip")
    assert box is not None and page.locator(".map path").count() == 10
    path = page.locator(".ns-map-path").bounding_box()
    assert path == pytest.approx(box, abs=1), "the way must lie on the map"
    expect(tip).to_be_hidden()
    x, y = (float(page.locator(DISC).get_attribute(name) or 0) / 1000 for name in ("cx", "cy"))
    page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
    expect(tip).to_be_visible()
    expect(tip.locator(".picture")).to_have_attribute("style", re.compile("data:image/png"))
    page.locator(".map path").first.evaluate("one => { window.dots = one; }")

    page.get_by_role("radio", name="Erase", exact=True).click()
    draw_strokes(page, 0, [(0.2, 0.25), (0.8, 0.25), (0.2, 0.35), (0.8, 0.35), (0.2, 0.45), (0.8, 0.45)])
    expect(page.locator(".ns-map-path .ns-whole")).to_be_attached(timeout=30_000)
    settle(page)
    assert page.evaluate("window.dots.isConnected"), "the map itself is not drawn again"
    assert not complaints_of(page)
