"""The main page on a phone, with a finger: draw, cut, erase, open another page and return."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import ROWS, SEVEN, complaints_of, drag_finger, drawing_canvas, settle

pytestmark = pytest.mark.browser
SCROLLED = "() => Math.max(...[...document.querySelectorAll('*')].map((element) => element.scrollTop))"
PATIENCE = 60_000  # milliseconds


def go_to(phone: Page, title: str) -> None:
    phone.get_by_test_id("stExpandSidebarButton").tap()
    phone.get_by_test_id("stSidebarNavLink").filter(has_text=title).tap()
    expect(phone.get_by_test_id("stSidebar")).not_to_be_in_viewport(timeout=PATIENCE)  # the menu closes itself


def stands_at(canvas: Locator) -> float:
    """Return where a canvas stands on the screen, in pixels from its top, wherever texts above it grow or shrink."""
    box = canvas.bounding_box()
    assert box
    return box["y"]


@pytest.mark.slow
def test_a_finger_draws_a_seven_and_rubs_it_out_and_the_page_stays_where_it_is(server: str, phone: Page) -> None:
    phone.goto(f"{server}/compare")
    expect(drawing_canvas(phone)).to_be_visible(timeout=PATIENCE)
    settle(phone)
    drag_finger(phone, drawing_canvas(phone), SEVEN)
    expect(phone.locator(f"{ROWS}[data-answer='7']")).to_have_count(3, timeout=PATIENCE)
    assert phone.evaluate(SCROLLED) == 0, "the page scrolled under the finger"

    phone.get_by_text("top", exact=True).tap()
    expect(phone).to_have_url(re.compile("erased=HCUT"), timeout=PATIENCE)
    expect(phone.locator(".ns-fills img")).to_have_count(10, timeout=PATIENCE)
    phone.get_by_text("none", exact=True).tap()
    expect(phone).not_to_have_url(re.compile("erased"), timeout=PATIENCE)

    settle(phone)
    drag_finger(phone, phone.get_by_test_id("stMain"), [(0.9, 0.75), (0.9, 0.25)])  # beside the canvas it does scroll
    phone.wait_for_function(f"({SCROLLED})() > 200")
    settle(phone)  # the page rolls on for a moment
    rubbed = drawing_canvas(phone, 1)
    rubbed.evaluate("canvas => canvas.scrollIntoView({block: 'center'})")  # the answers at the bottom cover nothing
    settle(phone)
    stands = stands_at(rubbed)
    whole = phone.locator(".ns-readings").inner_html()
    drag_finger(phone, rubbed, [(0.2, 0.2), (0.9, 0.3), (0.2, 0.4), (0.8, 0.5)])
    expect(phone).to_have_url(re.compile("erased="), timeout=PATIENCE)
    phone.wait_for_function("whole => document.querySelector('.ns-readings').innerHTML !== whole", arg=whole)
    assert stands_at(rubbed) == pytest.approx(stands, abs=2), "the canvas moved under the finger"
    settle(phone)  # no finger is back so soon
    phone.get_by_role("button", name="Undo all erasing").tap()
    expect(phone).not_to_have_url(re.compile("erased"), timeout=PATIENCE)

    go_to(phone, "PMNIST")
    expect(phone.get_by_text("The cuts", exact=True).first).to_be_visible(timeout=PATIENCE)
    go_to(phone, "Draw · Erase · Compare")
    expect(phone.locator(f"{ROWS}[data-answer='7']")).to_have_count(3, timeout=PATIENCE)
    assert not complaints_of(phone)
