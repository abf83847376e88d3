"""The player: its messages, its runs, and its view on the PMNIST page."""

import json
import time
import zlib
from collections.abc import Iterator
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from core.networks.growing_hole import HoleStep, grow_hole, hole_masks
from core.pmnist.masks import GROWTH_DIRECTIONS
from dashboard.components.player import Frame, Look, to_message
from dashboard.pmnist.cut_views import describe_growth, to_frame
from dashboard.widgets import playing
from dashboard.widgets.playing import Run
from tests.job_runs import until
from tests.pages import open_page

LOOK = Look("Grey squares", {"loss": "#3B82C4"})


def frame(shade: int = 0, shape: tuple[int, ...] = (4, 6), loss: float = 0.5) -> Frame:
    return Frame(np.full(shape, shade, np.uint8), {"loss": loss}, f"shade {shade}")


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
    until(lambda: run.finished)
    assert [one.text for one in run.frames] == [f"shade {step}" for step in range(20)] and not run.problem


def test_stopping_closes_the_generator_and_keeps_what_is_there():
    steps = Steps()
    run = Run(steps, shade)
    run.begun.wait(5)
    run.stop()
    until(lambda: run.finished)
    assert steps.closed and run.frames and not run.problem


def test_a_run_that_follows_another_begins_when_that_has_ended():
    first = Run(Steps(pause=0.3), shade)
    until(lambda: first.frames)
    first.stop()
    ended: list[bool] = []
    second = Run(Steps(1), lambda step: ended.append(first.finished) or shade(step), after=first)
    until(lambda: second.finished)
    assert ended == [True]


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
    until(lambda: run.finished)
    assert run.problem == "It stopped after 0 frames: out of luck"


def test_pictures_of_two_sizes_end_the_run():
    run = Run(Steps(5), lambda step: frame(shape=(4, 6 + step)))
    until(lambda: run.finished)
    assert "a picture of (4, 7) came after one of (4, 6)" in run.problem and len(run.frames) == 1


def test_a_run_keeps_no_more_than_its_share_of_memory(monkeypatch):
    monkeypatch.setattr(playing, "MAX_BYTES", 240)
    steps = Steps()
    run = Run(steps, shade)
    until(lambda: run.finished)
    assert len(run.frames) == 10 and steps.closed and "not kept" in run.problem


def test_a_run_waits_for_its_visitor_and_ends_when_they_do_not_come_back(monkeypatch):
    monkeypatch.setattr(playing, "GRACE", 0.5)
    monkeypatch.setattr(playing, "POLL", 0.01)
    here, steps = [True], Steps()
    run = Run(steps, shade, is_wanted=lambda: here[0])
    until(lambda: len(run.frames) > 3)
    here[0] = False
    time.sleep(0.1)
    computed = len(run.frames)
    time.sleep(0.1)
    assert len(run.frames) == computed and not run.finished
    here[0] = True
    until(lambda: len(run.frames) > computed)
    here[0] = False
    until(lambda: run.finished)
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

    restores = True
    classifier = SimpleNamespace(device=torch.device("cpu"))

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
    assert read == "4 % of the picture is erased. They read: The counter 4"
    assert minds == "Changed their answer: The counter (was 5)"


def test_the_sentence_names_when_each_network_becomes_unsure():
    def shares(*percents: float) -> list[Frame]:
        pictures = np.zeros((4, 6), np.uint8)
        return [Frame(pictures, {"A": one, "B": 90}, "", at=10 * at) for at, one in enumerate(percents)]

    assert describe_growth(shares(99, 60, 50)) == "Every network still gives its first answer 50 % or more."
    said = "The first answer falls below 50 % probability when 20 % (A) of the picture is erased."
    assert describe_growth(shares(99, 60, 49, 70)) == said


# The view


def growth_view() -> AppTest:
    return open_page("pmnist", view="Watch it disappear")


def run_of(app: AppTest) -> Run[HoleStep]:
    return app.session_state["growth/run"]


def test_the_view_grows_a_hole_and_plays_it_without_a_click():
    app = growth_view()
    assert not app.exception
    run = run_of(app)
    until(lambda: run.finished)
    app.run()
    assert not app.exception and not app.warning and app.button(key="growth/stop").disabled
    assert f"**{describe_growth(run.frames)}**" in [one.value for one in app.main.markdown]
    assert len(run.frames) == len(hole_masks(GROWTH_DIRECTIONS[0])) and "No network has changed" in run.frames[0].text


def test_a_second_start_replaces_the_first_run_and_another_digit_has_another():
    app = growth_view()
    first = run_of(app)
    app.button(key="growth/start").click().run()
    second = run_of(app)
    assert second is not first and first._stopped.is_set()
    app.button(key="next").click().run()
    assert not app.exception and run_of(app) is not second and second._stopped.is_set()
