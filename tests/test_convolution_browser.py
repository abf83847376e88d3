"""The page "One window at a time" in a real browser, on a laptop and a phone: clicks, and the sliding window."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import settle

pytestmark = pytest.mark.browser
PATIENCE = 60_000  # milliseconds


def open_page_of_convolution(tab: Page, server: str) -> None:
    tab.goto(f"{server}/convolution?view=One+number&sample=18")
    tab.locator("h4").first.wait_for(timeout=PATIENCE)
    expect(tab.locator(".js-plotly-plot")).to_have_count(3, timeout=PATIENCE)
    settle(tab)


@pytest.mark.slow
@pytest.mark.parametrize("device", ["page", "phone"])
def test_a_click_on_a_map_and_on_a_place_chooses_that_number(
    server: str, device: str, request: pytest.FixtureRequest
) -> None:
    tab: Page = request.getfixturevalue(device)
    open_page_of_convolution(tab, server)
    sheet, chosen = tab.locator(".js-plotly-plot").nth(1), tab.locator(".js-plotly-plot").nth(2)
    for plot, share in ((sheet, 0.05), (chosen, 0.02)):
        plot.scroll_into_view_if_needed()
        box = plot.bounding_box()
        assert box is not None
        place = {"x": share * box["width"], "y": share * box["height"]}
        if device == "phone":
            plot.tap(position=place)  # shows the value, as the mouse does when it is above
            tab.wait_for_timeout(500)
            plot.tap(position=place)
        else:
            plot.click(position=place)
        settle(tab)
    expect(tab.locator("h4").first).to_have_text(re.compile(r"conv1: map 0, row 0, column 0 = "), timeout=PATIENCE)
    assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert not [one for one in tab.complaints if "404" not in one]


@pytest.mark.slow
def test_c2_the_window_slides_over_the_seed_s_picture(server: str, page: Page) -> None:
    open_page_of_convolution(page, server)
    page.get_by_role("radio", name="A 5 × 5 picture", exact=True).click()
    settle(page)
    page.get_by_role("button", name="Move the window").click()
    expect(page.get_by_text("row 2, column 2: 4 + 0 = 4")).to_be_visible(timeout=PATIENCE)
