"""Switched maps and feature maps: the browser answers a click and a stroke before the server, and as it does."""

import base64
import io
import re

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Locator, Page, WebSocketRoute, expect

from core.feature_maps.changed_maps import Change, MapChange, with_changes
from core.networks.classifier import Classifier
from core.zoo import checkpoints
from tests.browser import SEVEN, complaints_of, draw_strokes, settle
from tests.instant_page import (
    HERE,
    assert_the_server_confirms,
    begin_stroke,
    count_messages,
    read_bars,
    read_rows,
)
from tests.sample_digits import real_set

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.mnist]
SHARING = ("standard", "missing-feature", "missing-alternating", "control", "synergy")  # the same features
SAMPLE, CLOSE = 18, 0.15  # percent: 1e-3, and what is rounded away
PERCENTS = (
    "rows => rows.map(row => [...row.querySelectorAll('.ns-bar')].map(bar => parseFloat(bar.title.split(': ')[1])))"
)
PICTURES = "boards => boards.flatMap(board => [...board.querySelectorAll('canvas')].map(one => one.toDataURL()))"
ANSWERS = "document.querySelector('.ns-readings')"


class Held:
    """What the server sends to a page from now on, until it is let go; with `loses` the page's next message is lost."""

    def __init__(self, page: Page) -> None:
        self.messages: list[str | bytes] | None = None
        self.loses = False
        page.route_web_socket(re.compile("_stcore/stream"), self._connect)

    def _connect(self, browser: WebSocketRoute) -> None:
        self._browser, server = browser, browser.connect_to_server()
        browser.on_message(lambda one: self._lose(server) if self.loses else server.send(one))
        server.on_message(lambda one: browser.send(one) if self.messages is None else self.messages.append(one))

    def _lose(self, server: WebSocketRoute) -> None:
        self.loses = False
        self._browser.close()
        server.close()

    def hold(self) -> None:
        self.messages = []

    def let_go(self) -> None:
        kept, self.messages = self.messages, None
        for one in kept or ():
            self._browser.send(one)


def open_switched(page: Page, server: str, **params: str) -> Locator:
    """Open the view with five networks in the browser; return the first row of its board."""
    link = "&".join(f"{key}={value.replace(' ', '+')}" for key, value in params.items())
    page.goto(f"{server}/feature_maps?view=Switch+off&sample={SAMPLE}&networks={','.join(SHARING)}&{link}")
    sheet = page.locator(".board.choosable[data-drawn] canvas").first
    expect(sheet).to_be_visible(timeout=60_000)
    page.wait_for_function(HERE, arg=len(SHARING) + 1, timeout=60_000)
    settle(page)
    return sheet


def brush(page: Page, sheet: Locator) -> None:
    """Drag the mouse over the first three maps."""
    box = sheet.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(box["x"] + 42, box["y"] + 5)
    page.mouse.up()


@torch.no_grad()
def read_changed(changes: list[MapChange]) -> NDArray[np.float64]:
    """Return the percents of five networks, the first one changed, the others with its features."""
    networks = [checkpoints.load_classifier(name) for name in SHARING]
    changed = with_changes(networks[0], changes)
    features = changed.extract(real_set().test.images(slice(SAMPLE, SAMPLE + 1)))
    heads: list[Classifier] = [changed, *networks[1:]]
    return np.stack([100 * head.predict_from_features(features)[0].numpy() for head in heads]).astype(float)


@pytest.mark.parametrize(("change", "every"), [*((one, False) for one in Change), (Change.MEAN, True)])
def test_a_change_is_answered_as_pytorch_does_before_the_server_hears_of_it(
    change: Change, every: bool, server: str, page: Page
) -> None:
    held = Held(page)
    sheet = open_switched(page, server, changed="fc1.7.doubled", change=change, every="yes" if every else "no")
    before = read_rows(page)
    held.hold()
    brush(page, sheet)
    maps: list[int | None] = [None] if every else [0, 1, 2]
    changes = [MapChange("fc1", 7, Change.DOUBLED), *(MapChange("relu2", one, change, 1.5) for one in maps)]
    expected = read_changed(changes)
    order = [SHARING.index(name) for name in shown_order(page)]
    found = np.array(page.locator(".ns-row").evaluate_all(PERCENTS))
    assert np.abs(found - expected[order]).max() <= CLOSE and read_rows(page) != before
    named = "With all of relu2 and 1 map changed" if every else f"With {len(changes)} maps changed"
    assert page.locator(".ns-switched").inner_text().startswith(f"{named}, Standard ")
    rows, sentence = read_rows(page), page.locator(".ns-switched").inner_text()
    page.evaluate(f"{ANSWERS}.isOfTheBrowser = true")
    held.let_go()
    page.wait_for_function(f"!{ANSWERS}.isOfTheBrowser", timeout=30_000)
    settle(page)
    assert read_rows(page) == rows and page.locator(".ns-switched").inner_text() == sentence
    assert np.abs(np.array(page.locator(".ns-row").evaluate_all(PERCENTS)) - found).max() <= CLOSE
    assert not complaints_of(page)


def shown_order(page: Page) -> list[str]:
    cards = {checkpoints.load_card(name).title: name for name in SHARING}
    return [cards[one.inner_text()] for one in page.locator(".ns-row .ns-name").all()]


def test_maps_under_a_drag_are_answered_before_it_ends_and_nothing_moves(server: str, page: Page) -> None:
    messages = count_messages(page)
    sheet = open_switched(page, server, changed="nothing")
    before, heights = read_bars(page), places_of_rows(page)
    messages.clear()
    box = sheet.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 5, box["y"] + box["height"] - 5, steps=20)
    expect(page.locator(".ns-switched")).to_contain_text("maps off")
    expect(page.locator(".ns-changed").first).to_be_visible()
    assert not messages and read_bars(page) != before and places_of_rows(page) == heights
    rows = read_rows(page)
    page.mouse.up()
    page.wait_for_url(re.compile(r"changed=relu2\.0\.off"), timeout=30_000)
    settle(page)
    assert read_rows(page) == rows and places_of_rows(page) == heights


def places_of_rows(page: Page) -> list[float]:
    """Return where the rows of readings and of maps begin."""
    found: list[float] = page.locator(".ns-row, .board .row").evaluate_all(
        "rows => rows.map((row) => row.getBoundingClientRect().top)"
    )
    return found


def test_clicks_that_are_quicker_than_the_server_all_count(server: str, page: Page) -> None:
    held = Held(page)
    sheet = open_switched(page, server, changed="nothing")
    held.hold()
    for x in (5, 43, 81, 43):  # the last one takes the second one back
        sheet.click(position={"x": x, "y": 5})
    expect(page.locator(".ns-switched")).to_contain_text("With 2 maps off")
    rows = read_rows(page)
    held.let_go()
    page.wait_for_url(re.compile(r"changed=relu2\.0\.off%2Crelu2\.4\.off"), timeout=30_000)
    settle(page)
    assert read_rows(page) == rows
    page.get_by_role("button", name="Undo all changes").click()
    expect(page.locator(".ns-switched")).to_contain_text("With nothing changed", timeout=30_000)


def test_of_three_quick_clicks_on_one_map_and_one_on_another_none_is_lost(server: str, page: Page) -> None:
    sheet = open_switched(page, server, changed="nothing")
    for x in (5, 5, 5):
        sheet.click(position={"x": x, "y": 5})
    page.wait_for_timeout(150)  # the server has answered the first one or two
    sheet.click(position={"x": 43, "y": 5})
    page.wait_for_url(re.compile(r"changed=relu2\.0\.off%2Crelu2\.2\.off"), timeout=30_000)
    settle(page)
    expect(page.locator(".ns-switched")).to_contain_text("With 2 maps off")


def test_a_click_whose_message_is_lost_with_the_connection_is_sent_again(server: str, page: Page) -> None:
    held = Held(page)
    sheet = open_switched(page, server, changed="nothing")
    held.loses = True
    sheet.click(position={"x": 5, "y": 5})
    expect(page.locator(".ns-switched")).to_contain_text("With 1 map off")
    page.wait_for_url(re.compile(r"changed=relu2\.0\.off"), timeout=30_000)


@pytest.mark.parametrize("answer", [None, b"<html>Log in first</html>"])
def test_without_weights_a_click_marks_the_map_and_the_server_answers(
    answer: bytes | None, server: str, page: Page
) -> None:
    page.route("**/_weights/*", lambda route: route.fulfill(body=answer) if answer else route.abort())
    page.goto(f"{server}/feature_maps?view=Switch+off&sample={SAMPLE}&changed=nothing")
    sheet = page.locator(".board.choosable[data-drawn] canvas").first
    expect(sheet).to_be_visible(timeout=60_000)
    settle(page)
    before = sheet.evaluate("one => one.toDataURL()")
    page.evaluate(f"{ANSWERS}.isOfTheBrowser = true")
    sheet.click(position={"x": 5, "y": 5})
    assert sheet.evaluate("one => one.toDataURL()") != before
    page.wait_for_function(f"!{ANSWERS}.isOfTheBrowser", timeout=30_000)
    expect(page.locator(".ns-switched")).to_contain_text("With 1 map off")


def test_the_strength_is_answered_while_its_slider_moves(server: str, page: Page) -> None:
    held = Held(page)
    open_switched(page, server, changed="relu2.all.scaled", strength="150")
    held.hold()
    thumb = page.get_by_role("slider", name="Strength of scaled maps, in percent")
    for _ in range(4):
        thumb.press("ArrowLeft")
    expected = read_changed([MapChange("relu2", None, Change.SCALED, 1.3)])
    found = np.array(page.locator(".ns-row").evaluate_all(PERCENTS))
    assert np.abs(found - expected[[SHARING.index(name) for name in shown_order(page)]]).max() <= CLOSE
    held.let_go()


def test_erasing_is_answered_with_the_maps_changed_and_confirmed_by_the_server(server: str, page: Page) -> None:
    messages = count_messages(page)
    open_switched(page, server, changed="relu2.3.off,relu2.5.doubled")
    page.get_by_role("radio", name="Erase", exact=True).click()
    settle(page)
    messages.clear()
    before, loss = read_bars(page), page.locator(".ns-later").evaluate("one => getComputedStyle(one).opacity")
    begin_stroke(page, [(0.3, 0.3), (0.7, 0.35), (0.3, 0.5), (0.7, 0.6)])
    assert not messages and read_bars(page) != before
    assert loss == "1" and page.locator(".ns-later").evaluate("one => getComputedStyle(one).opacity") == "0.4"
    assert_the_server_confirms(page, messages)
    assert page.locator(".ns-later").evaluate("one => getComputedStyle(one).opacity") == "1"


def test_drawing_is_answered_with_the_maps_changed_and_confirmed_by_the_server(server: str, page: Page) -> None:
    messages = count_messages(page)
    open_switched(page, server, changed="relu2.3.off,relu2.all.halved")
    page.get_by_role("radio", name="Draw", exact=True).click()
    settle(page)
    draw_strokes(page, 0, SEVEN[:2])
    expect(page.locator(".ns-row")).to_have_count(len(SHARING), timeout=30_000)
    settle(page)
    messages.clear()
    before = read_bars(page)
    begin_stroke(page, SEVEN[1:])
    assert not messages and read_bars(page) != before
    assert_the_server_confirms(page, messages)


def test_what_is_said_of_a_second_stroke_stays_at_its_end_and_the_next_drawing_gets_other_maps(
    server: str, page: Page
) -> None:
    page.goto(f"{server}/feature_maps?view=Switch+off")
    page.get_by_role("radio", name="Draw", exact=True).click()
    settle(page)
    sentence = page.locator(".ns-switched")
    draw_strokes(page, 0, SEVEN[:2])
    expect(sentence).to_contain_text("instead of", timeout=30_000)
    settle(page)
    page.wait_for_function(HERE, arg=3, timeout=60_000)
    assert "changed=" not in page.url
    begin_stroke(page, SEVEN[1:])
    said = sentence.inner_text()
    page.mouse.up()
    page.wait_for_url(re.compile("changed=relu2"), timeout=30_000)
    settle(page)
    assert sentence.inner_text() == said
    page.get_by_role("button", name="Clear", exact=True).click()
    settle(page)
    draw_strokes(page, 0, SEVEN)
    expect(sentence).to_contain_text("instead of", timeout=30_000)
    settle(page)
    assert "changed=" not in page.url and not complaints_of(page)


@pytest.mark.parametrize(
    ("network", "scale"), [("standard", "one for each stage"), ("missing-feature", "one for each map")]
)
def test_feature_maps_follow_a_stroke_to_the_pixel(network: str, scale: str, server: str, page: Page) -> None:
    messages = count_messages(page)
    link = f"sample={SAMPLE}&network={network}&scale={scale.replace(' ', '+')}"
    page.goto(f"{server}/feature_maps?{link}")
    expect(page.locator(".board.choosable[data-drawn]")).to_be_visible(timeout=60_000)
    page.get_by_role("radio", name="Erase", exact=True).click()
    page.wait_for_function(HERE, arg=2, timeout=60_000)
    settle(page)
    messages.clear()
    whole = read_pixels(page)
    begin_stroke(page, [(0.3, 0.3), (0.7, 0.35), (0.3, 0.5), (0.7, 0.6)])
    followed = read_pixels(page)
    assert not messages and len(followed) == len(whole) > 10
    assert sum(not np.array_equal(*pair) for pair in zip(followed, whole, strict=True)) >= len(whole) - 1
    note = page.locator(".board .note span").first
    assert note.evaluate("one => getComputedStyle(one).opacity") == "0.4"
    page.mouse.up()
    expect(note).to_have_css("opacity", "0.8", timeout=30_000)
    settle(page)
    assert len(messages) == 1
    for mine, servers in zip(followed, read_pixels(page), strict=True):
        assert np.abs(mine.astype(int) - servers).max() <= 1
    assert not complaints_of(page)


def read_pixels(page: Page) -> list[NDArray[np.uint8]]:
    """Return what is painted on every canvas of the boards, that of the enlarged map too."""
    urls: list[str] = page.locator(".board").evaluate_all(PICTURES)
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",")[1])))) for url in urls]
