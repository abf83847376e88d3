"""The player: its messages, its runs, its view on the PMNIST page, and its controls in a real browser."""

import json
import re
import time
import zlib
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from playwright.sync_api import Locator, Page, expect
from streamlit.testing.v1 import AppTest

from core.networks.growing_hole import HoleStep, grow_hole, hole_masks
from core.pmnist.masks import GROWTH_DIRECTIONS
from dashboard.components.player import Frame, Look, to_message
from dashboard.pmnist.views import to_frame
from dashboard.widgets import playing
from dashboard.widgets.playing import Run
from tests.browser import ROOT, serve, settle

LOOK = Look("Grey squares", {"loss": "#3B82C4"})


def frame(shade: int = 0, shape: tuple[int, ...] = (4, 6), loss: float = 0.5) -> Frame:
    return Frame(np.full(shape, shade, np.uint8), {"loss": loss}, f"shade {shade}")


def wait_until(holds: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.005)


# Messages


def unpack(message: bytes) -> tuple[dict, bytes]:
    length = int.from_bytes(message[:4], "little")
    return json.loads(message[4 : 4 + length]), zlib.decompress(message[4 + length :], -zlib.MAX_WBITS)


@pytest.mark.parametrize("shape", [(4, 6), (4, 6, 3)])
def test_a_message_holds_the_pixels_of_its_frames(shape):
    frames = [frame(shade, shape) for shade in (3, 200)]
    head, pixels = unpack(to_message(frames, start=7, run="a", look=LOOK, finished=False, total=20))
    assert (head["start"], head["count"], head["total"], head["finished"]) == (7, 2, 20, False)
    assert head["shape"] == list(shape) and head["texts"] == ["shade 3", "shade 200"]
    assert pixels == b"".join(one.picture.tobytes() for one in frames)


def test_what_is_no_finite_number_becomes_a_gap_in_the_curve():
    frames = [frame(loss=value) for value in (0.25, float("nan"), float("inf"))]
    frames.append(Frame(frames[0].picture, {}, "no value"))
    head, _ = unpack(to_message(frames, start=0, run="a", look=LOOK, finished=True, total=4))
    assert head["values"] == [[0.25], [None], [None], [None]]


def test_a_message_without_frames_still_says_how_the_run_stands():
    head, pixels = unpack(to_message([], start=5, run="a", look=LOOK, finished=True, total=5))
    assert (head["start"], head["count"], head["finished"], pixels) == (5, 0, True, b"")


@pytest.mark.parametrize("shape", [(4, 6), (4, 6, 3)])
def test_a_frame_gives_its_picture_back_and_keeps_it_packed(shape):
    picture = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    assert np.array_equal(Frame(picture, {}, "").picture, picture)
    blank = frame(shape=(310, 280, 3))
    assert blank.size == 310 * 280 * 3 > 100 * len(blank.deflated)


@pytest.mark.parametrize("picture", [np.zeros((4, 6)), np.zeros(6, np.uint8), np.zeros((4, 6, 4), np.uint8)])
def test_a_frame_is_grey_or_colour_in_bytes(picture):
    with pytest.raises(ValueError, match="grey"):
        Frame(picture, {}, "")


# Runs


class Steps:
    """Counts up, as fast as it may, and remembers whether it was closed."""

    def __init__(self, count: int = 10**9, *, pause: float = 0.001) -> None:
        self.count, self.pause, self.closed, self.made = count, pause, False, 0

    def __call__(self) -> Iterator[int]:
        try:
            for step in range(self.count):
                self.made = step + 1
                yield step
                time.sleep(self.pause)
        finally:
            self.closed = True


def shade(step: int) -> Frame:
    return frame(step % 256)


def test_a_run_keeps_every_frame_and_ends_by_itself():
    run = Run(Steps(20), shade)
    wait_until(lambda: run.finished)
    assert [one.text for one in run.frames] == [f"shade {step}" for step in range(20)] and not run.problem


def test_stopping_closes_the_generator_and_keeps_what_is_there():
    steps = Steps()
    run = Run(steps, shade)
    run.begun.wait(5)
    run.stop()
    wait_until(lambda: run.finished)
    assert steps.closed and run.frames and not run.problem


def refuse(*_: object) -> Frame:
    raise RuntimeError("out of luck")


def breaks_at_once() -> Iterator[int]:
    yield refuse()


@pytest.mark.parametrize(
    ("make_steps", "make_frame"),
    [(refuse, shade), (breaks_at_once, shade), (Steps(5), refuse)],
    ids=["no generator", "a broken step", "a broken frame"],
)
def test_an_error_becomes_one_sentence(make_steps, make_frame):
    run = Run(make_steps, make_frame)
    wait_until(lambda: run.finished)
    assert run.problem == "It stopped after 0 frames: out of luck"


def test_pictures_of_two_sizes_end_the_run():
    run = Run(Steps(5), lambda step: frame(shape=(4, 6 + step)))
    wait_until(lambda: run.finished)
    assert "a picture of (4, 7) came after one of (4, 6)" in run.problem and len(run.frames) == 1


def test_a_run_keeps_no_more_than_its_share_of_memory(monkeypatch):
    monkeypatch.setattr(playing, "MOST_BYTES", 240)
    steps = Steps()
    run = Run(steps, shade)
    wait_until(lambda: run.finished)
    assert len(run.frames) == 10 and steps.closed and "not kept" in run.problem


def test_a_run_ends_when_its_visitor_has_gone(monkeypatch):
    monkeypatch.setattr(playing, "GRACE", 0.05)
    here, steps = [True], Steps()
    run = Run(steps, shade, is_wanted=lambda: here[0])
    time.sleep(0.15)
    assert not run.finished
    here[0] = False
    wait_until(lambda: run.finished)
    assert steps.closed and not run.problem


# Holes


@pytest.mark.parametrize("kind", GROWTH_DIRECTIONS)
def test_a_hole_only_ever_grows_from_nothing_to_everything(kind):
    masks = hole_masks(kind)
    assert masks[0].all() and not masks[-1].any() and len(masks) >= 26
    for before, after in zip(masks, masks[1:], strict=False):
        assert not (after & ~before).any() and after.sum() < before.sum()


def test_a_hole_that_grows_otherwise_is_refused():
    with pytest.raises(ValueError, match="sideways"):
        hole_masks("sideways")


class Counter:
    """Reads the number of lit rows, a nine at most."""

    def predict(self, images, mask=None):
        return torch.eye(10)[images[:, 0].amax(-1).sum(-1).long().clamp(max=9)]


def test_each_step_says_what_is_read_now_and_who_changed_their_mind():
    digit = np.zeros((28, 28), np.float32)
    digit[:5, 4] = 1
    steps = list(grow_hole({"counter": Counter()}, digit, "from the top"))
    assert [step.labels["counter"] for step in steps[:7]] == [5, 4, 3, 2, 1, 0, 0]
    assert not steps[0].changed and steps[1].changed == ["counter"]
    assert steps[7].missing == pytest.approx(0.25) and steps[7].whole == {"counter": 5}
    shown = to_frame(steps[1], digit, {"counter": "The counter"}, [str(i) for i in range(10)])
    assert shown.values == {"The counter": 0} and shown.picture.shape == (140, 140, 3)
    read, minds = shown.text.split("\n")
    assert read == "4 % of the picture is gone. They read: The counter 4"
    assert minds == "Changed their minds: The counter (was 5)"


# The view


def growth_view() -> AppTest:
    app = AppTest.from_file(str(ROOT / "dashboard" / "app.py"), default_timeout=60)
    app.run()
    app.switch_page("../pages/pmnist.py").run()
    app.segmented_control(key="pmnist view").set_value("Watch it go")
    return app.run()


def run_of(app: AppTest) -> Run[HoleStep]:
    return app.session_state["growth/run"]


def test_the_view_grows_a_hole_and_plays_it():
    app = growth_view()
    assert not app.exception and "growth/run" not in app.session_state
    assert app.button(key="growth/stop").disabled
    app.button(key="growth/start").click().run()
    assert not app.exception
    run = run_of(app)
    wait_until(lambda: run.finished)
    app.run()
    assert not app.exception and not app.warning and app.button(key="growth/stop").disabled
    assert len(run.frames) == len(hole_masks(GROWTH_DIRECTIONS[0])) and "Nobody has changed" in run.frames[0].text


def test_a_second_start_replaces_the_first_run_and_another_digit_forgets_it():
    app = growth_view()
    app.button(key="growth/start").click().run()
    first = run_of(app)
    app.button(key="growth/start").click().run()
    second = run_of(app)
    assert second is not first and first._stopped.is_set()
    app.button(key="next").click().run()
    assert not app.exception and "growth/run" not in app.session_state and second._stopped.is_set()


# In the browser

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
    """The address of a page with nothing but a player."""
    with serve("tests/player_app.py") as address:
        yield address


def start(page: Page, address: str, *, frames: int = 1) -> Locator:
    """Press Start and return the player when it has so many frames."""
    page.goto(address)
    page.get_by_role("button", name="Start").click()
    player = page.locator(".player")
    expect(player).to_have_attribute("data-frame", re.compile(r"\d"), timeout=30_000)
    wait_until(lambda: int(player.get_attribute("data-received") or 0) >= frames)
    return player


def complaints(page: Page) -> list[str]:
    # A deep link asks for two of Streamlit's own files in the wrong folder; harmless.
    return [text for text in page.complaints if "404" not in text]  # type: ignore[attr-defined]


def at(player: Locator) -> int:
    return int(player.get_attribute("data-frame") or -1)


def control(player: Locator, name: str) -> Locator:
    return player.get_by_label(name, exact=True)


def pause(player: Locator) -> int:
    """Pause and return where."""
    control(player, "Pause").click()
    expect(control(player, "Play")).to_be_visible()
    return at(player)


@pytest.mark.browser
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
    assert not complaints(page)


@pytest.mark.browser
def test_a_finished_run_asks_the_server_for_nothing(stage: str, page: Page) -> None:
    heard: list[int] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda content: heard.append(len(content))))
    player = start(page, stage, frames=200)
    expect(page.get_by_role("button", name="Stop")).to_be_disabled(timeout=30_000)
    page.wait_for_timeout(500)
    sent = len(heard)
    assert player.evaluate(COUNT, 1.2) >= 8 and len(heard) == sent


@pytest.mark.browser
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
    expect(player.locator(".count")).to_have_text("121 / 200")
    expect(player.locator(".legend")).to_have_text("rising60 %falling40 %")


@pytest.mark.browser
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


@pytest.mark.browser
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


@pytest.mark.browser
def test_after_an_absence_the_whole_run_is_there_again_and_where_it_was(stage: str, page: Page) -> None:
    player = start(page, stage, frames=200)
    control(player, "Frame").fill("77")
    page.get_by_text("Hide").click()
    expect(player).to_have_count(0)
    page.get_by_text("Hide").click()
    expect(player).to_have_attribute("data-received", "200", timeout=30_000)
    assert at(player) == 77 == player.evaluate(PIXEL)


@pytest.mark.browser
def test_a_run_can_be_stopped_and_what_it_made_still_plays(stage: str, page: Page) -> None:
    player = start(page, f"{stage}?run=endless", frames=10)
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Stop")).to_be_disabled(timeout=30_000)
    settle(page)  # the last frames come after the buttons
    made = int((player.locator(".count").text_content() or "").split("/")[1])
    expect(player).to_have_attribute("data-received", str(made))
    page.keyboard.press("Tab")
    player.focus()
    page.keyboard.press("End")
    assert at(player) == made - 1
    page.get_by_role("button", name="Start").click()  # another run begins anew
    expect(player).not_to_have_attribute("data-received", str(made), timeout=30_000)
    page.get_by_role("button", name="Stop").click()


@pytest.mark.browser
def test_an_error_leaves_a_sentence_and_the_frames_before_it(stage: str, page: Page) -> None:
    player = start(page, f"{stage}?run=failing", frames=12)
    expect(page.get_by_text("It stopped after 12 frames: the thirteenth is missing")).to_be_visible(timeout=30_000)
    expect(player.locator(".count")).to_have_text("12 / 12", timeout=30_000)


@pytest.mark.browser
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
    assert not complaints(phone)


@pytest.mark.browser
def test_the_page_grows_a_hole_over_a_digit(server: str, page: Page) -> None:
    page.goto(f"{server}/pmnist?sample=18")
    expect(page.locator(".ns-cuts img").first).to_be_visible(timeout=60_000)
    settle(page)
    page.get_by_text("Watch it go", exact=True).first.click()
    page.get_by_role("button", name="Watch it go").last.click()
    player = page.locator(".player")
    expect(player).to_have_attribute("data-received", "29", timeout=60_000)
    expect(player.locator(".legend li")).to_have_count(5)
    player.focus()
    page.keyboard.press("End")
    expect(player.locator(".text")).to_contain_text("100 % of the picture is gone")
    assert not complaints(page)
