"""During a stroke the browser answers in every frame and sends nothing; at its end what is shown is the server's."""

import re

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from core.jobs.run_folders import Job
from core.jobs.trained_networks import list_networks
from core.zoo import checkpoints
from core.zoo.browser_layers import LayerList, list_head
from dashboard.components.instant import scene_mark
from dashboard.server import caches, weights
from dashboard.server.visitors import VISITOR
from tests.browser import ROWS, SEVEN, draw_strokes, drawing_canvas, settle
from tests.instant_page import HERE, WEIGHTS, assert_the_server_confirms, begin_stroke, count_messages, read_bars
from tests.pages import html, open_page
from tests.train_page import ANN

CLASSIFIERS = "standard,missing-feature,control,robust"
LATE = """() => {  // as an answer to the stroke before does
    const old = document.querySelector(".ns-readings"), late = old.cloneNode(true);
    for (const bar of late.querySelectorAll(".ns-bar")) {
        bar.title = "late";
        bar.querySelector("b").style.setProperty("--share", "1%");
    }
    old.replaceWith(late);
}"""

FAR_AWAY = """const Near = WebSocket;  // from a server whose messages take 300 ms
window.WebSocket = class extends Near {
    set onmessage(hear) { super.onmessage = (event) => setTimeout(hear, 300, event); }
    addEventListener(kind, hear, ...more) {
        super.addEventListener(kind, kind === "message" ? (event) => setTimeout(hear, 300, event) : hear, ...more);
    }
};"""
PRESS = """async (button) => {  // and return whether the rows, which the server would replace, have changed
    const rows = document.querySelector(".ns-readings"), before = rows.innerHTML;
    button.click();
    for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
    return [rows.isConnected, rows.innerHTML !== before];
}"""


def open_compare(page: Page, server: str, query: str, *, parts: int) -> list[object]:
    """Open the main page, and return its messages once so many parts of networks are in the browser."""
    messages = count_messages(page)
    page.goto(f"{server}/compare?{query}")
    expect(drawing_canvas(page)).to_be_visible(timeout=60_000)
    page.wait_for_function(HERE, arg=parts, timeout=60_000)
    settle(page)
    messages.clear()
    return messages


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.mnist
def test_erasing_is_answered_by_the_browser_and_confirmed_by_the_server(server: str, page: Page) -> None:
    messages = open_compare(page, server, f"sample=18&networks={CLASSIFIERS}", parts=6)
    before = read_bars(page)
    begin_stroke(page, [(0.3, 0.3), (0.7, 0.35), (0.3, 0.5), (0.7, 0.6)])
    assert not messages and read_bars(page) != before
    assert page.locator(".ns-changed").count(), "some network reads another class than in the whole digit"
    assert_the_server_confirms(page, messages)


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.mnist
def test_drawing_is_answered_by_the_browser_and_confirmed_by_the_server(server: str, page: Page) -> None:
    messages = open_compare(page, server, f"networks={CLASSIFIERS},restoring", parts=6)
    begin_stroke(page, SEVEN[:2])
    assert not messages, "the first stroke on an empty canvas is answered as the others are"
    expect(page.locator(ROWS)).to_have_count(5)
    assert_the_server_confirms(page, messages)
    messages.clear()
    before = read_bars(page)
    begin_stroke(page, SEVEN[1:])
    assert not messages and read_bars(page) != before
    assert not page.locator(".ns-old").count(), "a whole digit needs no restoring"
    assert_the_server_confirms(page, messages)


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.mnist
def test_a_restoring_network_keeps_its_last_answer_and_says_so(server: str, page: Page) -> None:
    messages = open_compare(page, server, "sample=18&networks=standard,restoring", parts=2)
    begin_stroke(page, [(0.3, 0.3), (0.7, 0.35)])
    assert not messages
    old = page.locator(f"{ROWS}.ns-old")
    expect(old).to_have_count(1)
    expect(old).to_contain_text("a moment ago")
    page.mouse.up()
    expect(old).to_have_count(0, timeout=30_000)
    expect(page.get_by_text("knows what is missing")).to_be_visible()


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.mnist
def test_a_browser_without_webassembly_is_answered_by_the_server(server: str, page: Page) -> None:
    page.add_init_script("delete window.WebAssembly")
    messages = open_compare(page, server, "sample=18", parts=0)
    begin_stroke(page, [(0.3, 0.3), (0.7, 0.35), (0.3, 0.5), (0.7, 0.6)])
    page.wait_for_timeout(500)
    assert messages and page.evaluate(f"{WEIGHTS}.length") == 0
    page.mouse.up()


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.mnist
def test_restoring_networks_alone_are_answered_by_the_server_during_the_stroke(server: str, page: Page) -> None:
    messages = open_compare(page, server, "sample=18&networks=restoring", parts=2)
    begin_stroke(page, [(0.3, 0.3), (0.7, 0.35), (0.3, 0.5), (0.7, 0.6)])
    page.wait_for_timeout(500)
    assert messages and not page.locator(".ns-old").count()
    page.mouse.up()


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.mnist
def test_a_late_answer_of_the_server_does_not_stay_in_the_place_of_the_present_stroke(server: str, page: Page) -> None:
    messages = open_compare(page, server, f"sample=18&networks={CLASSIFIERS}", parts=6)
    begin_stroke(page, [(0.3, 0.3), (0.7, 0.35), (0.3, 0.5), (0.7, 0.6)])
    bars = read_bars(page)
    page.evaluate(LATE)
    page.wait_for_timeout(600)
    assert np.abs(np.subtract(read_bars(page), bars)).max() <= 0.11 and not messages
    page.mouse.up()


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.mnist
def test_without_weights_the_server_answers_during_the_stroke(server: str, page: Page) -> None:
    page.route("**/_weights/*", lambda route: route.abort())
    messages = count_messages(page)
    page.goto(f"{server}/compare?sample=18")
    expect(page.locator(ROWS)).to_have_count(3, timeout=60_000)
    settle(page)
    messages.clear()
    before = page.locator(".ns-readings").inner_html()
    begin_stroke(page, [(0.3, 0.3), (0.7, 0.35), (0.3, 0.5), (0.7, 0.6)])
    page.wait_for_function("before => document.querySelector('.ns-readings').innerHTML !== before", arg=before)
    assert messages and not page.locator(".ns-old").count()
    page.mouse.up()


@pytest.mark.browser
@pytest.mark.slow
def test_weights_are_fetched_once_and_kept_by_the_browser(server: str, page: Page) -> None:
    fetched: list[str] = []
    page.on("request", lambda one: fetched.append(one.url) if "_weights/" in one.url else None)
    open_compare(page, server, "sample=3&networks=standard,missing-feature", parts=3)
    assert len(fetched) == 3, "features that two networks share are one part"
    page.get_by_text("top", exact=True).click()
    settle(page)
    assert len(fetched) == 3
    page.reload()
    page.wait_for_function(HERE, arg=3, timeout=60_000)
    sizes = page.evaluate(f"{WEIGHTS}.map((one) => one.transferSize)")
    assert sizes == [0, 0, 0], "from the browser's cache"


def test_weights_are_served_under_their_hash_alone() -> None:
    part = LayerList(({"name": "test"},), b"\0" * 8)
    path = weights.offer_weights(part)
    found = weights.answer("GET", f"/somewhere/{path}")
    assert found is not None and found.body == part.weights and "immutable" in found.headers["cache-control"]
    unknown = weights.answer("GET", f"/_weights/{'0' * 64}")
    assert unknown is not None and unknown.status_code == 404
    assert weights.answer("POST", f"/{path}") is None
    assert all(weights.answer("GET", each) is None for each in ("/_weights/", "/_weights/*", f"/{path}/", "/compare"))


def test_offered_weights_take_a_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "_offered", {})
    monkeypatch.setattr(weights, "MAX_BYTES", 20)
    first, *_, last = (weights.offer_weights(LayerList((), bytes([number] * 8))) for number in range(3))
    statuses = [found.status_code for path in (first, last) if (found := weights.answer("GET", f"/{path}"))]
    assert statuses == [404, 200]


def test_the_weights_of_ones_own_network_are_offered_to_nobody_else(job: Job) -> None:
    (own,) = list_networks(ANN)
    part = list_head(caches.classifier(own, "MNIST")).sha256
    other = open_page("compare", sample="3", networks=f"standard,{own}")
    assert part not in weights._offered
    assert list_head(checkpoints.load_classifier("standard")).sha256 in weights._offered
    assert own not in html(other)
    open_page("compare", state={VISITOR: ANN}, sample="3", networks=f"standard,{own}")
    assert part in weights._offered


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.mnist
def test_a_stroke_of_erasing_outlives_that_the_server_confirms_the_digit(server: str, page: Page) -> None:
    page.add_init_script(FAR_AWAY)
    open_compare(page, server, f"networks={CLASSIFIERS}", parts=6)
    draw_strokes(page, 0, SEVEN)
    expect(page).to_have_url(re.compile("digit="), timeout=30_000)
    settle(page)
    address = page.url
    draw_strokes(page, 0, [(0.4, 0.5), (0.6, 0.5)])
    begin_stroke(page, [(0.2, 0.3), (0.8, 0.3)], canvas=1)
    expect(page).not_to_have_url(address, timeout=30_000)
    page.wait_for_timeout(500)
    page.mouse.up()
    expect(page).to_have_url(re.compile("erased="), timeout=30_000)


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.mnist
def test_undo_and_redo_are_answered_by_the_browser_in_the_next_frame(server: str, page: Page) -> None:
    open_compare(page, server, f"networks={CLASSIFIERS}", parts=6)
    for line in ([(0.3, 0.25), (0.7, 0.22)], [(0.7, 0.22), (0.5, 0.8)]):
        draw_strokes(page, 0, line)
        settle(page)
    for name in ("Undo", "Redo"):
        assert page.get_by_role("button", name=name, exact=True).first.evaluate(PRESS) == [True, True]
        settle(page)


def test_the_mark_of_the_scene_holds_the_digit_and_both_masks() -> None:
    digit, mask, base_mask = np.zeros((28, 28), np.float32), np.ones((28, 28), bool), np.ones((28, 28), bool)
    digit[0, 0], mask[0, 1] = 1, False
    mark = scene_mark(digit, mask, base_mask)
    assert 'data-scene="/wAA' in mark and " v///" in mark and " ////" in mark
