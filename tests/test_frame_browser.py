"""What frames every page, in the browser: menu, tour, projector mode, search, terms, and a page that is reset."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, FloatRect, Page, expect

from core.digits import datasets
from tests.browser import LAPTOP, PHONE, SEVEN, complaints_of, draw_strokes, open_tab, settle

pytestmark = pytest.mark.browser
PATIENCE = 60_000  # milliseconds
PROJECTOR: dict[str, Any] = {"viewport": {"width": 910, "height": 512}}
DIGIT = ".ns-digit img"
NAME = datasets.load_or_offline().name
OPEN_AND_TYPE = """async (keys) => {  // sooner than any server answers
  document.querySelector(".st-key-search button").click();
  await new Promise((go) => setTimeout(go));
  const event = { bubbles: true, cancelable: true, composed: true };
  for (const key of keys) document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, ...event }));
}"""

TYPE_EARLY = """(keys) => {  // one key every 20 ms, as soon as the page's head is there
  const typing = setInterval(() => {
    if (!document.querySelector(".st-key-page-head script")) return;
    const key = keys.shift(), event = { key, bubbles: true, cancelable: true, composed: true };
    if (key) document.body.dispatchEvent(new KeyboardEvent("keydown", event));
    else clearInterval(typing);
  }, 20);
}"""


def open_page(tab: Page, address: str) -> None:
    tab.goto(address)
    tab.get_by_role("heading", level=1).wait_for(timeout=PATIENCE)
    settle(tab)


@pytest.mark.slow
def test_the_menu_and_the_tab_say_where_one_is_and_nothing_covers_share(server: str, page: Page) -> None:
    open_page(page, f"{server}/feature_maps?sample=19")
    expect(page).to_have_title("Feature maps · Negative Space")
    expect(page.get_by_test_id("stTopNavSection").filter(has_text="Look inside")).to_have_attribute(
        "aria-current", "page"
    )
    expect(page.locator("[data-testid=stTopNavSection][aria-current]")).to_have_count(1)
    page.get_by_role("button", name="Share").click()  # Playwright clicks only what nothing covers
    expect(page.get_by_label("Address of this page")).to_be_visible(timeout=PATIENCE)
    assert not complaints_of(page)


@pytest.mark.slow
def test_the_digit_stays_in_the_bar_from_page_to_page_and_after_a_reload(server: str, page: Page) -> None:
    open_page(page, f"{server}/feature_maps?sample=19&erased=HCUT")
    expect(page.locator(DIGIT)).to_have_attribute("alt", f"Your digit, {NAME} 19, part erased", timeout=PATIENCE)
    page.get_by_role("link", name="→").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("One window at a time", timeout=PATIENCE)
    settle(page)
    expect(page.locator(DIGIT)).to_have_attribute("alt", f"Your digit, {NAME} 19, part erased", timeout=PATIENCE)
    page.reload()
    expect(page.locator(DIGIT)).to_have_attribute("alt", f"Your digit, {NAME} 19, part erased", timeout=PATIENCE)


@pytest.mark.slow
def test_a_first_visitor_is_led_around_once_and_can_ask_for_it_again(server: str, chromium: Browser) -> None:
    with open_tab(chromium, first_visit=True, **LAPTOP) as tab:
        open_page(tab, f"{server}/compare")
        tour = tab.locator(".ns-tour")
        expect(tour).to_contain_text("1 of 4 · Draw", timeout=PATIENCE)
        for number in (2, 3, 4):
            tour.get_by_role("button", name="Next").click()
            expect(tour).to_contain_text(f"{number} of 4")
        tab.keyboard.press("Escape")
        expect(tour).to_have_count(0)
        open_page(tab, f"{server}/compare")
        expect(tour).to_have_count(0)
        tab.get_by_role("button", name="Help", exact=True).first.click()
        tab.get_by_role("menuitem", name="Show the tour").click()
        expect(tour).to_contain_text("1 of 4", timeout=PATIENCE)


@pytest.mark.slow
def test_the_tour_goes_on_once_a_digit_is_drawn_and_once_a_part_is_erased(server: str, chromium: Browser) -> None:
    with open_tab(chromium, first_visit=True, **LAPTOP) as tab:
        open_page(tab, f"{server}/compare")
        expect(tab.locator(".ns-tour")).to_contain_text("1 of 4 · Draw", timeout=PATIENCE)
        expect(tab.locator(".live canvas")).to_be_visible(timeout=PATIENCE)
        settle(tab)
        draw_strokes(tab, 0, SEVEN)
        expect(tab.locator(".ns-tour")).to_contain_text("2 of 4 · Erase", timeout=PATIENCE)
        settle(tab)
        draw_strokes(tab, 1, [(0.2, 0.3), (0.8, 0.3), (0.2, 0.4)])
        expect(tab.locator(".ns-tour")).to_contain_text("3 of 4", timeout=PATIENCE)


@pytest.mark.slow
def test_a_touch_screen_is_not_told_of_a_key(server: str, chromium: Browser) -> None:
    with open_tab(chromium, first_visit=True, **PHONE) as tab:
        open_page(tab, f"{server}/compare")
        expect(tab.locator(".ns-tour")).to_contain_text("Skip", timeout=PATIENCE)
        expect(tab.locator(".ns-tour")).not_to_contain_text("Esc")


@pytest.mark.slow
def test_the_first_press_of_tab_offers_to_skip_to_the_canvas(server: str, page: Page) -> None:
    open_page(page, f"{server}/compare?sample=4")
    expect(page.locator(".live canvas")).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".ns-skip:not([hidden])")).to_have_count(1)
    settle(page)
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Skip to the canvas")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".live canvas")).to_be_focused()
    keys = page.locator(".live .keys").last
    expect(keys).to_contain_text("is up. Arrow keys move it")
    page.keyboard.press("Space")
    expect(keys).to_contain_text("is down.")
    page.keyboard.press("Tab")
    expect(keys).to_be_hidden()


@pytest.mark.parametrize("address", ["", "compare?sample=4&projector=1"], ids=["Start", "projector mode"])
@pytest.mark.slow
def test_the_key_slash_opens_the_search(server: str, page: Page, address: str) -> None:
    open_page(page, f"{server}/{address}")
    expect(page.locator(".ns-skip")).to_have_count(1, timeout=PATIENCE)  # the code of the keys has been loaded
    field = page.get_by_role("combobox", name="Search pages, views and terms")
    page.keyboard.press("/")
    expect(field).to_be_focused(timeout=PATIENCE)
    page.keyboard.type("1/2")
    expect(field).to_have_value("1/2")


@pytest.mark.slow
def test_what_is_typed_before_the_search_has_its_field_is_in_it_and_presses_no_button(server: str, page: Page) -> None:
    open_page(page, f"{server}/pmnist?sample=8")
    expect(page.locator(".ns-skip")).to_have_count(1, timeout=PATIENCE)  # the code of the keys has been loaded
    page.evaluate(OPEN_AND_TYPE, ["e", "p", "s", "s", "Backspace", "i", "l", "o", "n"])
    field = page.get_by_role("combobox", name="Search pages, views and terms")
    expect(field).to_be_focused(timeout=PATIENCE)
    expect(field).to_have_value("epsilon")
    expect(page.locator(".ns-projector")).to_have_count(0)  # P is the key of projector mode
    page.keyboard.press("Escape")
    expect(field).to_be_hidden(timeout=PATIENCE)


@pytest.mark.parametrize(("keys", "kept"), [("/pmn", "pmn"), (150 * "p", None)], ids=["slash", "slash missed"])
@pytest.mark.slow
def test_what_is_typed_while_the_page_loads_presses_no_button(
    server: str, page: Page, keys: str, kept: str | None
) -> None:
    page.add_init_script(f"({TYPE_EARLY})({list(keys)})")
    open_page(page, f"{server}/pmnist?sample=8")
    expect(page.locator(".ns-skip")).to_have_count(1, timeout=PATIENCE)
    if kept:
        field = page.get_by_role("combobox", name="Search pages, views and terms")
        expect(field).to_have_value(kept, timeout=PATIENCE)
    page.wait_for_timeout(20 * len(keys))  # until all are typed
    expect(page.locator(".ns-projector")).to_have_count(0)
    page.wait_for_timeout(1500)
    page.locator("body").press("Escape" if kept else "p")
    if not kept:
        expect(page.locator(".ns-projector")).to_have_count(1, timeout=PATIENCE)  # now it is the key


@pytest.mark.slow
def test_projector_mode_lists_all_pages_and_names_its_buttons(server: str, chromium: Browser) -> None:
    with open_tab(chromium, **PROJECTOR) as tab:
        open_page(tab, f"{server}/compare?sample=4&projector=1")
        for name in ("Previous", "Next", "Controls", "Leave", "Share"):
            expect(tab.get_by_role("button", name=name).first).to_have_attribute("title", name)
        tab.get_by_role("button", name="Search").click()
        tab.get_by_role("link", name="Why this class", exact=True).click()
        expect(tab.get_by_role("heading", level=1)).to_have_text("Why this class", timeout=PATIENCE)
        expect(tab.locator(".ns-projector")).to_have_count(1)


@pytest.mark.slow
def test_after_esc_on_another_page_the_tour_does_not_come_by_itself(server: str, chromium: Browser) -> None:
    with open_tab(chromium, first_visit=True, **LAPTOP) as tab:
        open_page(tab, server)
        expect(tab.locator(".ns-spoken")).to_have_count(1, timeout=PATIENCE)  # its code has been loaded
        tab.keyboard.press("Escape")
        open_page(tab, f"{server}/compare")
        expect(tab.locator(".ns-tour")).to_have_count(0)


@pytest.mark.slow
@pytest.mark.parametrize("screen", [LAPTOP, PROJECTOR, PHONE])
def test_the_tour_covers_neither_the_canvas_nor_the_choice_of_source(
    server: str, chromium: Browser, screen: dict[str, Any]
) -> None:
    with open_tab(chromium, first_visit=True, **screen) as tab:
        open_page(tab, f"{server}/compare")
        expect(tab.locator(".ns-tour")).to_contain_text("1 of 4 · Draw", timeout=PATIENCE)
        expect(tab.locator(".live canvas")).to_be_visible(timeout=PATIENCE)
        settle(tab)
        card = tab.locator(".ns-tour").bounding_box()
        for shown in (tab.locator(".st-key-source"), tab.locator(".live canvas")):
            assert not overlap(card, shown.bounding_box())


@pytest.mark.slow
def test_the_tour_leaves_the_way_to_the_reasons_free(server: str, chromium: Browser) -> None:
    with open_tab(chromium, first_visit=True, **LAPTOP) as tab:
        open_page(tab, f"{server}/compare?sample=15")
        for number in (2, 3):
            tab.locator(".ns-tour").get_by_role("button", name="Next").click()
            expect(tab.locator(".ns-tour")).to_contain_text(f"{number} of 4", timeout=PATIENCE)
        settle(tab)
        assert not overlap(tab.locator(".ns-tour").bounding_box(), tab.locator(".st-key-lead-on-why").bounding_box())


def overlap(one: FloatRect | None, other: FloatRect | None) -> bool:
    assert one and other
    across = one["x"] < other["x"] + other["width"] and other["x"] < one["x"] + one["width"]
    return across and one["y"] < other["y"] + other["height"] and other["y"] < one["y"] + one["height"]


@pytest.fixture(params=["", "?projector=1"], ids=["as it is", "projector mode"])
def small_results(request: pytest.FixtureRequest, server: str, chromium: Browser) -> Iterator[Page]:
    """Show the page Results on the screen of a projector, without its mode and in it."""
    with open_tab(chromium, **PROJECTOR) as tab:
        open_page(tab, f"{server}/results{request.param}")
        yield tab


@pytest.mark.slow
def test_on_a_small_screen_a_text_ends_with_a_sentence_and_the_rest_opens(small_results: Page) -> None:
    about, rest = small_results.locator(".ns-about"), small_results.locator(".ns-rest")
    expect(about).to_be_visible()
    expect(rest).to_be_hidden()
    about.focus()
    expect(rest).to_be_visible()


@pytest.mark.slow
def test_results_shows_a_whole_chart_on_the_first_screen_of_a_projector(small_results: Page) -> None:
    chart = small_results.locator(".stPlotlyChart .main-svg").first
    expect(chart).to_be_visible(timeout=PATIENCE)
    settle(small_results)  # texts above it may still find their place
    box = chart.bounding_box()
    assert box and box["y"] + box["height"] <= 512 and box["width"] > 400


@pytest.mark.mnist
@pytest.mark.slow
@pytest.mark.parametrize("window", [LAPTOP, PROJECTOR, PHONE], ids=["laptop", "projector", "phone"])
def test_films_and_maps_of_a_view_are_on_its_first_screen(server: str, chromium: Browser, window: Any) -> None:
    shown = {
        "attack?sample=0": ".player .figure",
        "maximize?view=Every map": ".player .figure",
        "similarity?view=Map of all digits&sample=0": ".st-key-digit-map svg",
        "compare": ".live .sheet",
    }
    with open_tab(chromium, **window) as tab:
        for address, result in shown.items():
            open_page(tab, f"{server}/{address}")
            expect(tab.locator(result).first).to_be_in_viewport(ratio=0.9, timeout=PATIENCE)


@pytest.mark.slow
def test_on_the_screen_of_a_projector_links_are_whole_and_all_cuts_stand_in_one_row(
    server: str, chromium: Browser
) -> None:
    with open_tab(chromium, **PROJECTOR) as tab:
        open_page(tab, f"{server}/?projector=1")
        links = tab.locator(".st-key-tour a span")
        expect(links).to_have_count(4, timeout=PATIENCE)
        assert links.evaluate_all("(all) => all.every((one) => one.scrollWidth <= one.clientWidth)")
        open_page(tab, f"{server}/pmnist?sample=0&projector=1")
        pictures = tab.locator(".ns-cuts img")
        expect(pictures).to_have_count(5, timeout=PATIENCE)
        assert len(set(pictures.evaluate_all("(all) => all.map((one) => one.getBoundingClientRect().top)"))) == 1


@pytest.mark.slow
def test_projector_mode_enlarges_type_folds_controls_and_arrow_keys_turn_views(server: str, page: Page) -> None:
    open_page(page, f"{server}/feature_maps?sample=19")
    settle(page)
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("p")
    expect(page.get_by_test_id("stHeader")).to_be_hidden(timeout=PATIENCE)
    expect(page.get_by_test_id("stSelectbox").first).to_be_hidden()
    size = page.get_by_test_id("stCaptionContainer").first.evaluate(
        "(one) => parseFloat(getComputedStyle(one).fontSize)"
    )
    assert size >= 20
    settle(page)
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**view=Switch+off*", timeout=PATIENCE)
    assert "projector=1" in page.url
    expect(page.locator(".ns-projector")).to_have_count(1)


@pytest.mark.slow
@pytest.mark.parametrize("view", ["maximize?view=Ten+digits", "made_digits?view=Training"])
def test_in_projector_mode_a_result_beside_nothing_but_controls_has_the_whole_width(
    server: str, chromium: Browser, view: str
) -> None:
    with open_tab(chromium, **PROJECTOR) as tab:
        open_page(tab, f"{server}/{view}&projector=1")
        inputs, result = (tab.locator(".st-key-result-first").first.get_by_test_id("stColumn").nth(at) for at in (0, 1))
        expect(inputs).to_be_hidden(timeout=PATIENCE)
        box = result.bounding_box()
        assert box and box["width"] > 750
        tab.locator(".st-key-fold button").click()
        expect(inputs).to_be_visible(timeout=PATIENCE)


@pytest.mark.slow
def test_projector_mode_folds_sliders(server: str, page: Page) -> None:
    open_page(page, f"{server}/convolution?view=Batch+norm&projector=1")
    sliders = page.get_by_test_id("stSlider")
    expect(sliders).to_have_count(3)
    assert not any(one.is_visible() for one in sliders.all())


@pytest.mark.slow
def test_projector_mode_folds_the_buttons_of_the_canvas_away_and_a_phone_can_leave_it(server: str, phone: Page) -> None:
    open_page(phone, f"{server}/compare?sample=0&projector=1")
    undo, following = (
        phone.get_by_role("button", name="Undo all erasing"),
        phone.get_by_role("button", name="Next digit"),
    )
    expect(phone.locator(".live canvas")).to_be_visible(timeout=PATIENCE)
    expect(undo).to_be_hidden()
    expect(following).to_be_hidden()
    phone.locator(".st-key-fold button").tap()
    expect(undo).to_be_visible(timeout=PATIENCE)
    settle(phone)
    phone.locator(".st-key-projector button").tap()
    expect(phone.get_by_test_id("stHeader")).to_be_visible(timeout=PATIENCE)


@pytest.mark.slow
def test_projector_mode_shows_three_answers_on_the_first_screen_and_folds_the_brushes(
    server: str, chromium: Browser
) -> None:
    with open_tab(chromium, **PROJECTOR) as tab:
        open_page(tab, f"{server}/compare?sample=4&projector=1")
        rows = tab.locator(".ns-readings .ns-row")
        expect(rows).to_have_count(3, timeout=PATIENCE)
        last = rows.last.bounding_box()
        assert last and last["y"] + last["height"] <= 512
        tab.locator(".st-key-fold button").click()
        expect(tab.locator(".st-key-brushes button").first).to_be_visible(timeout=PATIENCE)
        settle(tab)
        for picture in (tab.locator(".ns-picture").first, tab.locator(".live canvas")):
            box = picture.bounding_box()
            assert box and box["y"] + box["height"] <= 525 and box["width"] > 120
        tab.locator(".st-key-brushes button").first.click()
        tab.get_by_role("radio", name="large brush").click()
        expect(tab.locator(".st-key-brushes button").first).to_contain_text("large brush", timeout=PATIENCE)


@pytest.mark.slow
def test_at_a_projector_the_canvas_is_whole_with_its_controls(server: str, chromium: Browser) -> None:
    with open_tab(chromium, **PROJECTOR) as tab:
        open_page(tab, f"{server}/compare?projector=1")
        expect(tab.locator(".live canvas").first).to_be_visible(timeout=PATIENCE)
        tab.locator(".st-key-fold button").click()
        expect(tab.locator(".st-key-pens button").first).to_be_visible(timeout=PATIENCE)
        settle(tab)
        box = tab.locator(".live canvas").first.bounding_box()
        assert box and box["y"] + box["height"] <= 512 and box["width"] > 120
        tab.locator(".st-key-pens button").first.click()
        tab.get_by_role("radio", name="bold pen").click()
        expect(tab.locator(".st-key-pens button").first).to_contain_text("bold pen", timeout=PATIENCE)


@pytest.mark.slow
def test_projector_mode_says_that_it_calculates_since_the_bar_with_the_sign_is_hidden(server: str, page: Page) -> None:
    said = "(one, state) => { one.dataset.testScriptState = state; return getComputedStyle(one, '::after').content; }"
    open_page(page, f"{server}/?projector=1")
    assert page.get_by_test_id("stApp").evaluate(said, "running") == '"Calculating …"'
    assert page.get_by_test_id("stApp").evaluate(said, "notRunning") == "none"


@pytest.mark.slow
def test_at_a_projector_what_is_chosen_and_the_names_of_buttons_are_whole(server: str, chromium: Browser) -> None:
    with open_tab(chromium, **PROJECTOR) as tab:
        open_page(tab, f"{server}/attack?sample=4&projector=1")
        tab.locator(".st-key-fold button").click()
        chosen = tab.get_by_test_id("stMain").get_by_role("combobox")
        expect(chosen.first).to_be_visible(timeout=PATIENCE)
        assert chosen.evaluate_all("(all) => all.every((one) => one.scrollWidth <= one.clientWidth)")
        name = tab.get_by_role("button", name="Settings").locator("p").first
        expect(name).to_be_visible(timeout=PATIENCE)
        assert name.evaluate("(one) => one.clientHeight < 2 * parseFloat(getComputedStyle(one).fontSize)")


@pytest.mark.slow
@pytest.mark.parametrize("width", [1366, 910, 390])
def test_legends_are_whole(server: str, chromium: Browser, width: int) -> None:
    with open_tab(chromium, viewport={"width": width, "height": 800}) as tab:
        open_page(tab, f"{server}/convolution?view=1-D+to+3-D")
        tab.locator(".legend .traces").first.wait_for(timeout=PATIENCE)
        cut = tab.evaluate(
            """() => [...document.querySelectorAll(".legend")].flatMap((legend) => {
              const edge = legend.querySelector(".bg").getBoundingClientRect().right;
              const texts = [...legend.querySelectorAll(".legendtext")];
              const cut = texts.filter((text) => text.getBoundingClientRect().right > edge + 1);
              return cut.map((text) => text.textContent);
            })"""
        )
        assert cut == []
        assert tab.evaluate("getComputedStyle(document.querySelector('.legendtext')).fontSize") == "14px"


@pytest.mark.slow
def test_on_a_phone_the_menu_of_streamlit_is_on_the_screen_and_the_digit_beside_it(server: str, phone: Page) -> None:
    open_page(phone, f"{server}/compare?sample=18")
    expect(phone.locator(DIGIT)).to_be_visible(timeout=PATIENCE)
    menu, digit = phone.get_by_test_id("stMainMenu").bounding_box(), phone.locator(".ns-digit").bounding_box()
    assert menu and digit and menu["x"] + menu["width"] <= 390 and not overlap(menu, digit)
    assert not overlap(digit, phone.get_by_test_id("stExpandSidebarButton").bounding_box())


@pytest.mark.slow
def test_on_a_phone_the_buttons_of_a_chart_cover_nothing_of_it(server: str, phone: Page) -> None:
    open_page(phone, f"{server}/results")
    bars = phone.locator(".stPlotlyChart .modebar")
    expect(bars.first).to_be_visible(timeout=PATIENCE)
    settle(phone)
    for bar in bars.all():
        chart = bar.locator("xpath=ancestor::*[contains(@class, 'plot-container')]").locator(".main-svg").first
        assert not overlap(bar.bounding_box(), chart.bounding_box())


@pytest.mark.slow
def test_on_a_phone_a_tap_on_the_digit_leads_to_where_it_is_chosen(server: str, phone: Page) -> None:
    open_page(phone, f"{server}/missing_features?sample=15")
    expect(phone.locator(".st-key-missing-part")).not_to_be_in_viewport()
    phone.locator(".ns-digit").tap()
    expect(phone.locator(".st-key-missing-part")).to_be_in_viewport(timeout=PATIENCE)


@pytest.mark.slow
def test_the_name_of_a_button_is_whole_on_a_small_screen(server: str, chromium: Browser) -> None:
    with open_tab(chromium, **PROJECTOR) as tab:
        open_page(tab, f"{server}/compare?sample=18")
        label = tab.get_by_role("button", name="More networks").get_by_test_id("stMarkdownContainer")
        assert label.evaluate("(one) => one.scrollWidth <= one.clientWidth")


@pytest.mark.slow
def test_nothing_covers_the_sign_that_the_page_is_running(server: str, page: Page) -> None:
    open_page(page, f"{server}/feature_maps?sample=19")
    expect(page.locator(DIGIT)).to_be_visible(timeout=PATIENCE)
    menu, digit = page.get_by_test_id("stMainMenu").bounding_box(), page.locator(".ns-digit").bounding_box()
    assert menu and digit and digit["x"] + digit["width"] <= menu["x"] - 90  # the sign and Stop are so wide


@pytest.mark.slow
def test_search_opens_a_view_with_the_same_digit_and_explains_a_term(server: str, page: Page) -> None:
    open_page(page, f"{server}/pmnist?sample=8")
    page.get_by_role("button", name="Search").click()
    field = page.get_by_role("combobox", name="Search pages, views and terms")
    expect(field).to_be_focused(timeout=PATIENCE)
    summary = dict.fromkeys(
        ("does it help", "does the talk", "does the idea help", "help", "help talk", "idea", "talk help"),
        "Results › Summary",
    )
    for words, found in (summary | {"train a network": "Train › Set up"}).items():
        field.fill(words)
        expect(page.get_by_role("option").first).to_contain_text(found, timeout=PATIENCE)
    field.fill("logit")
    field.press("Enter")
    expect(page.get_by_text("The score that a network gives a class")).to_be_visible(timeout=PATIENCE)
    field.fill("Two networks")
    field.press("Enter")
    page.wait_for_url("**/feature_maps**view=Two+networks*", timeout=PATIENCE)
    expect(page.locator(DIGIT)).to_have_attribute("alt", f"Your digit, {NAME} 8", timeout=PATIENCE)


@pytest.mark.slow
def test_a_page_that_is_reset_keeps_its_digit_whole_and_nothing_else(server: str, page: Page) -> None:
    open_page(page, f"{server}/attack?sample=18&erased=HCUT&epsilon=0.3")
    page.get_by_role("button", name="Help", exact=True).first.click()
    page.get_by_role("menuitem", name="Reset this page").click()
    page.wait_for_url(lambda url: "epsilon" not in url and "sample=18" in url and "erased" not in url, timeout=PATIENCE)
    expect(page.locator(DIGIT)).to_have_attribute("alt", f"Your digit, {NAME} 18", timeout=PATIENCE)


@pytest.mark.slow
def test_a_term_explains_itself_when_it_has_the_focus(server: str, page: Page) -> None:
    open_page(page, f"{server}/feature_maps?sample=19")
    term = page.locator(".ns-term").first
    shown = "(one) => getComputedStyle(one, '::after').content"
    assert term.evaluate(shown) == "none"
    term.focus()
    assert "What one filter finds" in term.evaluate(shown)


@pytest.mark.slow
def test_readings_are_read_aloud_when_they_change(server: str, page: Page) -> None:
    open_page(page, f"{server}/compare?sample=19")
    expect(page.get_by_role("status").filter(has_text=re.compile(r"Standard reads \d"))).to_have_count(
        1, timeout=PATIENCE
    )


@pytest.mark.slow
def test_the_skip_button_leads_to_the_views_of_a_page_that_has_several(page: Page, server: str) -> None:
    open_page(page, f"{server}/lessons")
    skip = page.locator(".ns-skip")
    expect(skip).to_have_text("Skip to the views", timeout=PATIENCE)
    skip.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("radio", name="Lessons", exact=True)).to_be_focused()
