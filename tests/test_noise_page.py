"""The view "Noise for all" of the page "Attack": recorded noise, a run of one's own, its frames and downloads."""

import io
import time
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from core.adversarial.universal import UniversalConfig
from core.studies import recorded_noise
from core.visualization.adversarial import (
    draw_noises,
)
from core.zoo import checkpoints
from dashboard.attack import universal_runs as universal
from dashboard.attack.universal_runs import NoiseInputs, NoiseRun
from tests.attack_page import CLASSES, open_view, run_to_the_end
from tests.job_runs import until
from tests.pages import html, rerun, text_of
from tests.sample_digits import real_set


@pytest.mark.mnist
def test_v3_v4_ten_noises_grow_and_nine_digits_are_read_with_each() -> None:
    keys = {"noise steps": 5, "noise digits": "200", "noise norm": "linf"}
    app = run_to_the_end(open_view("Noise for all", keys=keys), "noise")
    assert html(app).count("<td class=") == 90 and html(app).count('alt="noise to') == 10
    assert "of the noisy digits as the noise's class" in text_of(app)
    assert len(app.session_state["noise/run"].frames) == 6
    assert app.button(key="noise/start").label == "Optimise again"
    noise = app.session_state["noise run"]
    assert noise.records[-1].noises.abs().max() <= 0.2 + 1e-6
    app.segmented_control(key="noise class").set_value(8)
    rerun(app)
    frames = app.session_state["noise/run"].frames
    end = time.monotonic() + 30
    while len(frames) < 6 and time.monotonic() < end:
        time.sleep(0.05)
    assert "Noise to 8" in frames[-1].text and noise.records and len(frames) == 6


@pytest.mark.mnist
def test_universal_noise_opens_with_a_recorded_run_that_says_so() -> None:
    app = open_view("Noise for all")
    until(lambda: app.session_state["noise/run"].finished)
    run = rerun(app).session_state["noise/run"]
    assert app.selectbox(key="noise network").value == "assignment"  # the assignment asks for its best network
    assert app.button(key="noise/start").label == "Optimise"  # nothing was computed here
    assert len(run.frames) == 26 and not run.problem and "This run was recorded" in text_of(app)
    assert "of the noisy digits as the noise's class" in text_of(app) and html(app).count("<td class=") == 90
    app.session_state["noise norm"] = "l2"
    assert "This run was recorded" not in text_of(rerun(app))


def test_the_recorded_noise_is_what_was_written(tmp_path: Path) -> None:
    steps = list(recorded_noise.read())
    recorded_noise.write(steps, tmp_path / "noise.npz")
    again = list(recorded_noise.read(tmp_path / "noise.npz"))
    assert [step.step for step in again] == list(range(0, 51, 2)) and not again[0].noises.any()
    assert torch.equal(again[-1].noises, steps[-1].noises) and float(again[-1].shares.mean()) > 80
    content = (tmp_path / "noise.npz").read_bytes()
    for damaged in (b"", content[: len(content) // 2], content[:-30], content.replace(b"noises", b"voices")):
        (tmp_path / "noise.npz").write_bytes(damaged)
        with pytest.raises(ValueError, match=r"^The recorded noise cannot be read\.$"):
            list(recorded_noise.read(tmp_path / "noise.npz"))


@pytest.fixture(scope="module")
def noise() -> NoiseRun:
    data = real_set()
    config = UniversalConfig(steps=2, digits=50, batch=10)
    noise = NoiseRun(
        NoiseInputs("standard", "MNIST", config),
        "Standard",
        checkpoints.load_classifier("standard"),
        data,
        nullcontext(True),
    )
    list(noise.steps())
    return noise


@pytest.mark.mnist
def test_all_noises_can_be_downloaded(noise: NoiseRun) -> None:
    with Image.open(io.BytesIO(universal.animated_png(noise))) as moving:
        assert moving.n_frames == 3 and moving.mode == "RGB"
    with Image.open(io.BytesIO(universal.sheet_png(noise))) as still:
        assert still.size == (5 * 28 * universal.ENLARGED, 2 * (28 * universal.ENLARGED + 15))
    with np.load(io.BytesIO(universal.to_npz(noise))) as found:
        assert found["noises"].shape == (3, 10, 1, 28, 28) and not found["noises"][0].any()
        assert found["readings"].shape == (3, 9, 10) and found["labels"].shape == (9,)


@pytest.mark.mnist
def test_v2_errors_and_accuracy_of_both_sets_are_in_every_frame(noise: NoiseRun) -> None:
    frame = noise.to_frame(noise.records[-1])
    assert {universal.COST, universal.VALIDATION, universal.SHARE, universal.RIGHT} <= set(frame.values)
    assert all(np.isfinite(value) for value in frame.values.values())


@pytest.mark.mnist
def test_one_visitor_s_noise_waits_for_another_s_step() -> None:
    data = real_set()
    taken: list[str] = []

    class Lock:
        def __enter__(self) -> bool:
            taken.append("in")
            return True

        def __exit__(self, *_: object) -> None:
            taken.append("out")

    config = UniversalConfig(steps=1, digits=10, batch=10)
    noise = NoiseRun(
        NoiseInputs("standard", "MNIST", config), "", checkpoints.load_classifier("standard"), data, Lock()
    )
    for _ in noise.steps():
        assert taken[-1] == "out"  # while a frame is drawn and sent, others may compute
    assert taken == ["in", "out"] * 3


def test_zero_is_black_at_every_size_of_noise() -> None:
    noise = np.zeros((2, 28, 28))
    noise[1, 5, 5], noise[1, 9, 9] = 0.5, -0.5
    for limit in (0.1, 0.5, 2.0):
        sheet = draw_noises(noise, CLASSES[:2], limit=limit, columns=2).picture
        left, right = sheet[20:-5, 4:52], sheet[15:, 56:]
        assert not left.any() and right[10, 10, 2] > right[10, 10, 0] and right[18, 18, 0] > right[18, 18, 2]
