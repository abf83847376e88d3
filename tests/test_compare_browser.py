"""The main page in a real browser: draw with the mouse, read, erase, compare; on a laptop and on a phone."""

import re

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from dashboard.server.scene import Scene
from tests.browser import ROWS, SEVEN, complaints_of, draw_strokes, drawing_canvas, settle
from tests.drawn_pictures import drawn, saved

pytestmark = pytest.mark.browser
LINKED = Scene(drawn=np.tri(28, dtype=np.float32)).to_params()["digit"]
SEVENS = f"{ROWS}[data-answer='7']"


def answers(page: Page) -> list[str]:
    return [row.get_attribute("data-answer") or "" for row in page.locator(ROWS).all()]


@pytest.mark.slow
def test_a_seven_drawn_with_the_mouse_is_read_and_a_cut_changes_the_comparison(server: str, page: Page) -> None:
    page.goto(f"{server}/compare")
    expect(drawing_canvas(page)).to_be_visible(timeout=60_000)
    expect(page.get_by_text("Draw a digit here")).to_be_visible()
    draw_strokes(page, 0, SEVEN)
    expect(page.get_by_text("Draw a digit here").first).to_be_hidden()  # the eraser has such a text, too
    expect(page.locator(SEVENS)).to_have_count(3, timeout=30_000)
    settle(page)
    whole = page.locator(".ns-readings").inner_html()

    page.get_by_text("top", exact=True).click()
    expect(page.locator(".ns-fills img")).to_have_count(10, timeout=30_000)
    assert page.locator(".ns-readings").inner_html() != whole
    expect(page).to_have_url(re.compile("erased=HCUT"))
    assert not complaints_of(page)


@pytest.mark.slow
def test_the_digit_that_is_tapped_in_a_picture_is_read_and_its_link_opens_it(server: str, page: Page) -> None:
    page.goto(f"{server}/compare?networks=standard")
    page.get_by_role("radio", name="Upload", exact=True).click(timeout=60_000)
    two = saved(255 - np.hstack([drawn(1), drawn(7)]))
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(
        [{"name": "17.png", "mimeType": "image/png", "buffer": two}]
    )
    tiles = page.locator(".board[data-drawn] canvas")
    expect(tiles).to_be_visible(timeout=60_000)
    settle(page)
    one, seven = (page.locator(f"{ROWS}[data-answer='{digit}']") for digit in "17")
    width = tiles.evaluate("one => one.clientWidth")
    tiles.click(position={"x": 0.25 * width, "y": 20})
    expect(one).to_be_visible(timeout=30_000)
    tiles.click(position={"x": 0.75 * width, "y": 20})
    expect(seven).to_be_visible(timeout=30_000)
    settle(page)
    readings = page.locator(".ns-readings").inner_text()
    page.reload()
    expect(page.locator(".ns-readings")).to_have_text(readings, timeout=60_000, use_inner_text=True)
    assert not complaints_of(page)


@pytest.mark.slow
def test_rubbing_a_digit_out_makes_networks_change_their_minds(server: str, page: Page) -> None:
    page.goto(f"{server}/compare?sample=18")
    expect(page.locator(ROWS)).to_have_count(3, timeout=60_000)
    page.get_by_text("large brush", exact=True).click()
    for height in (0.2, 0.3, 0.4, 0.5, 0.6, 0.7):
        draw_strokes(page, 0, [(0.1, height), (0.7, height)])
    expect(page.locator(".ns-changed").first).to_be_visible(timeout=30_000)
    page.get_by_text("Undo all erasing").click()
    expect(page.locator(".ns-changed")).to_have_count(0, timeout=30_000)
    assert not complaints_of(page)


@pytest.mark.slow
def test_bringing_it_back_takes_back_a_cut_too(server: str, page: Page) -> None:
    page.goto(f"{server}/compare?sample=18&erased=VCUT")
    expect(page.locator(".ns-fills img")).to_have_count(10, timeout=60_000)
    page.get_by_role("button", name="Undo all erasing").click()
    expect(page.locator(".ns-fills img")).to_have_count(0, timeout=30_000)
    expect(page).not_to_have_url(re.compile("erased"))
    assert not complaints_of(page)


@pytest.mark.slow
def test_undo_takes_back_a_cut_and_no_cut_erases_nothing(server: str, page: Page) -> None:
    page.goto(f"{server}/compare?sample=18")
    expect(page.locator(ROWS)).to_have_count(3, timeout=60_000)
    undo = page.get_by_role("button", name="Undo", exact=True)
    draw_strokes(page, 0, [(0.3, 0.3), (0.7, 0.3)])
    expect(page).to_have_url(re.compile("erased="), timeout=30_000)
    brushed = page.url
    page.get_by_text("left", exact=True).click()
    expect(page).to_have_url(re.compile("erased=VCUT"), timeout=30_000)
    settle(page)
    undo.click()
    expect(page).to_have_url(brushed, timeout=30_000)
    page.get_by_text("none", exact=True).click()
    expect(page).not_to_have_url(re.compile("erased"), timeout=30_000)
    settle(page)
    undo.click()
    expect(page).to_have_url(brushed, timeout=30_000)
    assert not complaints_of(page)


@pytest.mark.slow
def test_erased_pixels_are_hatched_while_they_are_erased(server: str, page: Page) -> None:
    """The screen shows the cells that networks do not see, as it does for a cut."""
    page.goto(f"{server}/compare?sample=18")
    expect(page.locator(ROWS)).to_have_count(3, timeout=60_000)
    draw_strokes(page, 0, [(0.3, 0.3), (0.7, 0.3)])
    colors = drawing_canvas(page).evaluate("""canvas => {
        const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        const seen = new Set();
        for (let i = 0; i < data.length; i += 4) if (data[i + 3] === 255) seen.add(data.slice(i, i + 3).join());
        return [...seen];
    }""")
    assert {"245,150,20", "92,52,8"} <= set(colors)


@pytest.mark.slow
def test_the_bars_follow_while_the_stroke_goes_on(server: str, page: Page) -> None:
    page.goto(f"{server}/compare?sample=18")
    expect(page.locator(ROWS)).to_have_count(3, timeout=60_000)
    whole = page.locator(".ns-readings").inner_html()
    box = drawing_canvas(page).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.down()
    for x, y in ((210, 100), (70, 140), (210, 200)):  # a clear digit is as clear without a single line of it
        page.mouse.move(box["x"] + x, box["y"] + y, steps=8)
    page.wait_for_function("whole => document.querySelector('.ns-readings').innerHTML !== whole", arg=whole)
    assert not page.locator(".ns-fills img").count()  # the mouse is still down: the rest of the page can wait
    assert page.locator(".ns-readings").inner_html() != whole
    page.mouse.up()


@pytest.mark.slow
def test_what_one_tool_erases_stays_erased_under_the_next(server: str, page: Page) -> None:
    page.goto(f"{server}/compare?sample=18")
    expect(page.locator(ROWS)).to_have_count(3, timeout=60_000)
    draw_strokes(page, 0, [(0.3, 0.3), (0.7, 0.3)])
    settle(page)
    brushed = page.url
    assert "erased=" in brushed
    page.get_by_text("movable shapes", exact=True).click()
    expect(page.locator("canvas.upper-canvas")).to_be_visible(timeout=30_000)
    settle(page)
    assert page.url == brushed
    draw_strokes(page, 0, [(0.3, 0.6), (0.6, 0.8)])
    expect(page).not_to_have_url(brushed, timeout=30_000)
    with_shape = page.url
    page.get_by_text("small brush", exact=True).click()
    expect(page.locator(".live canvas")).to_be_visible(timeout=30_000)
    settle(page)
    assert page.url == with_shape
    page.get_by_role("button", name="Undo all erasing").click()
    expect(page).not_to_have_url(re.compile("erased"), timeout=30_000)
    assert not complaints_of(page)


@pytest.mark.slow
def test_a_copied_address_opens_the_same_scene_in_another_browser(server: str, page: Page, phone: Page) -> None:
    page.goto(f"{server}/compare")
    expect(drawing_canvas(page)).to_be_visible(timeout=60_000)
    draw_strokes(page, 0, SEVEN)
    expect(page.locator(SEVENS)).to_have_count(3, timeout=30_000)
    page.get_by_text("left", exact=True).click()
    expect(page).to_have_url(re.compile("erased=VCUT"), timeout=30_000)
    expect(page.locator(".ns-fills img")).to_have_count(10, timeout=30_000)

    phone.goto(page.url)
    expect(phone.locator(ROWS)).to_have_count(3, timeout=60_000)
    assert answers(phone) == answers(page)


def test_on_a_phone_nothing_is_cut_off_and_the_answers_stay_in_sight(server: str, phone: Page) -> None:
    phone.goto(f"{server}/compare?sample=18&erased=VCUT")
    expect(phone.locator(".ns-verdicts")).to_be_visible(timeout=60_000)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    assert phone.locator(".ns-verdicts").bounding_box()["y"] > 700  # type: ignore[index]


def go_to(page: Page, title: str, section: str = "See") -> None:
    page.get_by_role("button", name=section).first.click()
    page.get_by_role("menuitem", name=title).click()


@pytest.mark.slow
@pytest.mark.parametrize("link, source", [("sample=3", "Sample"), (f"digit={LINKED}", "Link")])
def test_the_digit_of_a_link_stays_and_its_source_is_marked_on_the_next_page(
    server: str, page: Page, link: str, source: str
) -> None:
    page.goto(f"{server}/compare?{link}")
    expect(page.locator(ROWS)).to_have_count(3, timeout=60_000)
    page.reload()  # a link again, to a server that has everything loaded
    expect(page.locator(ROWS)).to_have_count(3, timeout=60_000)
    settle(page)
    go_to(page, "Why this class", section="Look inside")
    expect(page.get_by_role("heading", name="Why this class")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("radio", name=source, exact=True)).to_be_checked(timeout=30_000)
    expect(drawing_canvas(page)).to_have_count(0)
    expect(page).to_have_url(re.compile(link), timeout=30_000)
    assert not complaints_of(page)


@pytest.mark.slow
def test_a_drawing_survives_a_visit_to_another_page(server: str, page: Page) -> None:
    page.goto(f"{server}/compare")
    expect(drawing_canvas(page)).to_be_visible(timeout=60_000)
    draw_strokes(page, 0, SEVEN)
    expect(page.locator(SEVENS)).to_have_count(3, timeout=30_000)
    go_to(page, "PMNIST")
    expect(page.get_by_text("The cuts", exact=True).first).to_be_visible(timeout=30_000)
    go_to(page, "Draw · Erase · Compare")
    expect(page.locator(SEVENS)).to_have_count(3, timeout=30_000)


@pytest.mark.slow
def test_what_is_erased_stays_erased_while_the_digit_is_drawn_on_until_it_is_undone_or_cleared(
    server: str, page: Page
) -> None:
    page.goto(f"{server}/compare")
    draw_strokes(page, 0, SEVEN)
    expect(page.locator(SEVENS)).to_have_count(3, timeout=30_000)
    draw_strokes(page, 1, [(0.3, 0.3), (0.7, 0.3)])
    expect(page).to_have_url(re.compile("erased="), timeout=30_000)
    erased = page.url.split("erased=")[1].split("&")[0]
    digit = page.url.split("digit=")[1].split("&")[0]
    draw_strokes(page, 0, [(0.4, 0.5), (0.6, 0.5)])
    expect(page).not_to_have_url(re.compile(digit), timeout=30_000)
    expect(page).to_have_url(re.compile(re.escape(f"erased={erased}")))
    settle(page)
    page.get_by_role("button", name="Undo", exact=True).nth(1).click()
    expect(page).not_to_have_url(re.compile("erased"), timeout=30_000)
    settle(page)
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(page).not_to_have_url(re.compile("digit"), timeout=30_000)
    assert not complaints_of(page)


@pytest.mark.slow
def test_a_canvas_full_of_ink_costs_one_sentence_and_no_answer_of_before_is_left(server: str, page: Page) -> None:
    page.goto(f"{server}/compare")
    draw_strokes(page, 0, SEVEN)
    expect(page.locator(SEVENS)).to_have_count(3, timeout=30_000)
    page.get_by_text("bold pen", exact=True).click()
    settle(page)
    there_and_back = [(x, 0.05 + 0.1 * row) for row in range(10) for x in ((0.02, 0.98) if row % 2 else (0.98, 0.02))]
    draw_strokes(page, 0, there_and_back)
    expect(page.get_by_text("The picture is full of ink")).to_be_visible(timeout=30_000)
    expect(page.locator(SEVENS)).to_have_count(0)
    assert not complaints_of(page)


@pytest.mark.slow
def test_back_leads_away_from_a_page_that_was_opened_and_from_a_digit_that_was_drawn(server: str, page: Page) -> None:
    page.goto(f"{server}/lessons")
    expect(page.get_by_role("button", name="Begin").first).to_be_visible(timeout=60_000)
    go_to(page, "Draw · Erase · Compare")
    draw_strokes(page, 0, SEVEN)
    expect(page.locator(SEVENS)).to_have_count(3, timeout=30_000)
    draw_strokes(page, 0, [(0.4, 0.5), (0.6, 0.5)])
    settle(page)
    page.get_by_text("See why each network reads its class").click()
    expect(page).to_have_url(re.compile("/why.*digit="), timeout=60_000)
    settle(page)
    page.go_back()
    expect(page).to_have_url(re.compile("/compare.*digit="), timeout=30_000)
    expect(page.locator(ROWS)).to_have_count(3, timeout=30_000)
    settle(page)
    page.go_back()
    expect(page).to_have_url(re.compile("/lessons"), timeout=30_000)
