"""The page "Missing features" in a real browser, on a laptop and on a phone."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import complaints_of, draw_strokes, settle
from tests.sample_digits import sample_of

pytestmark = pytest.mark.browser


@pytest.mark.slow
def test_m13_what_is_missing_is_shown_of_the_class_that_people_ask_for(server: str, page: Page) -> None:
    page.goto(f"{server}/missing_features?sample={sample_of(5)}")
    expect(page.locator(".ns-rivals img")).to_have_count(10, timeout=60_000)
    expect(
        page.get_by_role("heading", name=re.compile("^The missing-feature network reads a 5. Parts that a"))
    ).to_be_visible()
    expect(page.locator(".ns-feature")).to_have_count(3)
    page.locator(".st-key-missing-of").get_by_text("6", exact=True).click()
    for card in page.locator(".ns-feature").all():
        expect(card).to_contain_text(re.compile(r"Usually present in [\d ]*6[\d ]* \("), timeout=30_000)

    page.get_by_role("radio", name="Erase", exact=True).click()
    draw_strokes(page, 0, [(0.3, 0.2), (0.7, 0.3), (0.3, 0.4)])
    expect(page).to_have_url(re.compile("erased="), timeout=30_000)
    assert not complaints_of(page)


@pytest.mark.slow
def test_m16_two_heads_are_summed_with_any_omega(server: str, page: Page) -> None:
    page.goto(f"{server}/missing_features?sample=15&erased=HCUT")
    page.get_by_text("Synergy", exact=True).click()
    expect(page.get_by_text("Synergy, ω = 1", exact=True).first).to_be_visible(timeout=60_000)
    page.get_by_role("slider").press("ArrowRight")
    expect(page.get_by_text("Synergy, ω = 1.05", exact=True).first).to_be_visible(timeout=30_000)
    assert not complaints_of(page)


@pytest.mark.slow
def test_on_a_phone_no_view_of_missing_features_is_cut_off(server: str, phone: Page) -> None:
    phone.goto(f"{server}/missing_features?sample=15&erased=VCUT")
    expect(phone.locator(".ns-feature")).to_have_count(3, timeout=60_000)
    for view in ("Variants", "The algebra", "Freezing", "Synergy", "The idea"):
        phone.get_by_text(view, exact=True).first.click()
        settle(phone)
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390, view
