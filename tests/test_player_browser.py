"""The player in a real browser: its controls by mouse, keyboard and finger, and its run on the PMNIST page."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import LAPTOP, complaints_of, open_tab, serve, settle
from tests.job_runs import until

pytestmark = pytest.mark.browser
PIXEL = "player => player.querySelector('.picture').getContext('2d').getImageData(0, 0, 1, 1).data[0]"
COUNT = """(player, seconds) => new Promise((resolve) => {
  const end = performance.now() + 1000 * seconds, seen = new Set();
  const look = (now) => {
    seen.add(player.dataset.frame);
    now < end ? requestAnimationFrame(look) : resolve(seen.size);
  };
  requestAnimationFrame(look);
})"""  # how many frames were seen in these seconds
PACE = """(player) => new Promise((resolve) => {
  const begun = performance.now(), first = player.dataset.frame;
  setTimeout(() => resolve((player.dataset.frame - first) / (performance.now() - begun) * 1000), 1000);
})"""  # frames a second


@pytest.fixture(scope="module")
def stage() -> Iterator[str]:
    """Start a page with nothing but a player; yield its address."""
    with serve("tests/player_app.py") as address:
        yield address


def start(page: Page, address: str, *, frames: int = 1) -> Locator:
    """Press Start; return the player as soon as it has this many frames."""
    page.goto(address)
    page.get_by_role("button", name="Start").click()
    player = page.locator(".player")
    expect(player).to_have_attribute("data-frame", re.compile(r"\d"), timeout=30_000)
    until(lambda: int(player.get_attribute("data-received") or 0) >= frames)
    return player


def at(player: Locator) -> int:
    return int(player.get_attribute("data-frame") or -1)


def control(player: Locator, name: str) -> Locator:
    return player.get_by_label(re.compile(rf"^{name}\b"))  # Play and Pause also name the player


def pause(player: Locator) -> int:
    """Pause; return the number of the frame."""
    control(player, "Pause").click()
    expect(control(player, "Play")).to_be_visible()
    return at(player)


@pytest.mark.slow
def test_it_plays_while_the_network_works_and_after_it_has_finished(stage: str, page: Page) -> None:
    player = start(page, f"{stage}?run=slow")
    assert player.evaluate(COUNT, 1.5) >= 12  # 30 a second, were nothing else to do
    assert int(player.get_attribute("data-received") or 0) < 200
    expect(player).to_have_attribute("data-received", "200", timeout=40_000)
    expect(page.get_by_role("button", name="Stop")).to_be_disabled(timeout=30_000)
    expect(control(player, "Play")).to_be_visible(timeout=30_000)  # at the end it pauses
    assert at(player) == 199
    control(player, "Play").click()
    assert player.evaluate(COUNT, 1) >= 8 and at(player) < 150
    assert not complaints_of(page)


@pytest.mark.slow
def test_a_finished_run_asks_the_server_for_nothing(stage: str, page: Page) -> None:
    heard: list[int] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda content: heard.append(len(content))))
    player = start(page, stage, frames=200)
    expect(page.get_by_role("button", name="Stop")).to_be_disabled(timeout=30_000)
    page.wait_for_timeout(500)
    sent = len(heard)
    assert player.evaluate(COUNT, 1.2) >= 8 and len(heard) == sent


@pytest.mark.slow
def test_pausing_holds_the_frame_and_every_control_moves_it(stage: str, page: Page) -> None:
    player = start(page, stage, frames=200)
    held = pause(player)
    page.wait_for_timeout(300)
    assert at(player) == held == player.evaluate(PIXEL)
    control(player, "One frame on").click()
    control(player, "One frame on").click()
    control(player, "One frame back").click()
    assert at(player) == held + 1
    control(player, "Frame").fill("120")
    assert at(player) == 120 == player.evaluate(PIXEL)
    expect(player.locator(".text")).to_have_text("step 120")
    expect(player.locator(".count")).to_have_text("60 / 99.5")  # places, not frames
    expect(player.locator(".legend")).to_have_text("rising60 %falling40 %")


@pytest.mark.slow
def test_the_keyboard_does_all_of_it(stage: str, page: Page) -> None:
    player = start(page, stage, frames=200)
    player.focus()
    for key, place in [("Home", 0), ("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1), ("End", 199)]:
        page.keyboard.press(key)
        assert at(player) == place
        expect(control(player, "Play")).to_be_visible()
    page.keyboard.press("Space")  # at the end: from the beginning
    expect(control(player, "Pause")).to_be_visible()
    assert at(player) < 100
    page.keyboard.press("Space")
    expect(control(player, "Play")).to_be_visible()
    control(player, "Frame").focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    assert at(player) == 1


@pytest.mark.slow
def test_it_loops_and_changes_speed(stage: str, page: Page) -> None:
    player = start(page, stage, frames=200)
    control(player, "Loop").click()
    expect(control(player, "Loop")).to_have_attribute("aria-pressed", "true")
    control(player, "Speed").select_option("0.25")
    control(player, "Frame").fill("100")
    control(player, "Play").click()
    assert 3 <= player.evaluate(PACE) <= 8.5  # 7.5, were nothing else to do
    control(player, "Frame").fill("190")
    control(player, "Speed").select_option("4")
    control(player, "Play").click()
    expect(player).to_have_attribute("data-frame", re.compile(r"^\d{1,2}$"), timeout=30_000)  # it has come round
    expect(control(player, "Pause")).to_be_visible()


@pytest.mark.slow
def test_after_an_absence_the_whole_run_is_there_again_and_where_it_was(stage: str, page: Page) -> None:
    player = start(page, stage, frames=200)
    control(player, "Frame").fill("77")
    page.get_by_text("Hide").click()
    expect(player).to_have_count(0)
    page.get_by_text("Hide").click()
    expect(player).to_have_attribute("data-received", "200", timeout=30_000)
    assert at(player) == 77 == player.evaluate(PIXEL)


@pytest.mark.slow
def test_a_run_can_be_stopped_and_what_it_made_still_plays(stage: str, page: Page) -> None:
    player = start(page, f"{stage}?run=endless", frames=10)
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Stop")).to_be_disabled(timeout=30_000)
    settle(page)  # the last frames come after the buttons
    made = 1 + int(control(player, "Frame").get_attribute("max") or 0)
    expect(player).to_have_attribute("data-received", str(made))
    page.keyboard.press("Tab")
    player.focus()
    page.keyboard.press("End")
    assert at(player) == made - 1
    page.get_by_role("button", name="Start").click()  # another run begins anew
    expect(player).not_to_have_attribute("data-received", str(made), timeout=30_000)
    page.get_by_role("button", name="Stop").click()


def test_an_error_leaves_a_sentence_and_the_frames_before_it(stage: str, page: Page) -> None:
    player = start(page, f"{stage}?run=failing", frames=12)
    expect(page.get_by_text("It stopped after 12 frames: the thirteenth is missing")).to_be_visible(timeout=30_000)
    expect(player.locator(".count")).to_have_text("5.5 / 5.5", timeout=30_000)


@pytest.mark.slow
def test_on_a_phone_a_finger_does_it_and_nothing_is_cut_off(stage: str, phone: Page) -> None:
    player = start(phone, stage, frames=200)
    control(player, "Pause").tap()
    held = at(player)
    control(player, "One frame on").tap()
    assert at(player) == held + 1
    box = control(player, "Frame").bounding_box()
    assert box is not None
    phone.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert 80 <= at(player) <= 120
    player.locator(".picture").tap()
    expect(control(player, "Pause")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    edges = player.evaluate("p => [...p.querySelectorAll('*')].map(e => e.getBoundingClientRect().right)")
    assert max(edges) <= 390
    assert not complaints_of(phone)


def test_labels_are_text_at_their_place_in_the_picture_and_the_axis_is_named(stage: str, page: Page) -> None:
    player = start(page, stage, frames=200)
    player.focus()
    page.keyboard.press("End")
    expect(player.locator(".labels span")).to_have_text("ten at 199")
    expect(control(player, "Frame")).to_have_attribute("aria-valuetext", "% of the way 99.5, 200 of 200")
    label, picture = (player.locator(one).bounding_box() for one in (".labels span", ".picture"))
    assert label and picture
    assert label["x"] == pytest.approx(picture["x"], abs=1)
    assert label["y"] == pytest.approx(picture["y"] + 0.75 * picture["height"], abs=1)
    assert label["width"] == pytest.approx(picture["width"] / 2, abs=1)
    assert picture["width"] > 400  # as wide as the place allows


@pytest.mark.slow
def test_the_page_grows_a_hole_over_a_digit(server: str, page: Page) -> None:
    page.goto(f"{server}/pmnist?sample=18")
    expect(page.locator(".ns-cuts img").first).to_be_visible(timeout=60_000)
    settle(page)
    page.get_by_text("Watch it disappear", exact=True).first.click()
    player = page.locator(".player")
    expect(player).to_have_attribute("data-received", "29", timeout=60_000)
    expect(player.locator(".legend li")).to_have_count(3)
    player.focus()
    page.keyboard.press("End")
    expect(player.locator(".text")).to_contain_text("100 % of the picture is erased")
    assert not complaints_of(page)


@pytest.mark.slow
def test_where_motion_is_reduced_it_waits_until_play_is_pressed(stage: str, chromium: Browser) -> None:
    with open_tab(chromium, **LAPTOP, reduced_motion="reduce") as tab:
        player = start(tab, stage, frames=30)
        tab.wait_for_timeout(500)
        assert at(player) == 0
        control(player, "Play").click()
        expect(player).not_to_have_attribute("data-frame", "0")
