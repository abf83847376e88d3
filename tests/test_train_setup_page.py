"""The view "Set up" of the page "Train" under AppTest: presets, composed networks, and what cannot be trained."""

import re
from pathlib import Path
from typing import Any

import pytest

from core.digits import datasets
from core.jobs import run_folders
from core.training.presets import PRESETS
from dashboard.train import cached, epoch_times
from tests.job_runs import ended, reach
from tests.pages import captions, html, open_page, press, rerun, text_of
from tests.train_page import only_job, set_up, show_view

pytestmark = pytest.mark.usefixtures("runs")
TOTALS = {
    "fast training": 18_570,
    "assignment: one conv": 63_050,
    "assignment: two conv": 25_258,
    "assignment: two conv + 500": 799_078,
    "Keras: small, Adam": 14_178,
    "Keras: with batch norm": 14_242,
    "Keras: 64 filters": 140_682,
    "Keras: 64 filters, batch norm": 141_194,
    "no convolution": 669_706,
}


@pytest.mark.slow
def test_a1_to_a10_every_experiment_of_the_seeds_is_a_preset_whose_table_is_there_before_anything_runs() -> None:
    app = open_page("train")
    for name, preset in PRESETS.items():
        app.selectbox(key="train preset").set_value(name)
        page = html(rerun(app))
        assert not app.warning and not app.button(key="train go").disabled
        assert (
            preset.description in captions(app) and f">{TOTALS[name]:,}</td>" in page
            if name in TOTALS
            else "total" in page
        )


def test_m9_m10_the_talk_s_third_step_freezes_resets_and_inverts() -> None:
    app = open_page("train")
    app.selectbox(key="train preset").set_value("talk: step 3")
    said = text_of(rerun(app))
    assert "Starts from *Standard*. Frozen: all convolutions. Reset: the whole head." in said
    assert "The head reads 1 - x." in said


def test_a_composed_network_has_its_table_and_an_impossible_one_its_sentence() -> None:
    app = set_up()
    # 4 filters of 25 weights and a bias; 12 x 12 places after pooling; 20 units; ten classes
    assert f">{4 * 26 + (4 * 144 + 1) * 20 + 21 * 10:,}</td>" in html(app)
    app.number_input(key="train block-1-dilation").set_value(8)
    rerun(app)
    assert "a window of 5 spread by 8 covers 33 pixels, but there are only 28." in app.warning[0].value
    assert app.button(key="train go").disabled and "total" not in html(app)


def test_an_impossible_block_is_named_as_on_the_page_and_the_blocks_that_fit_stay_in_sight() -> None:
    app = set_up(blocks=2)
    app.number_input(key="train block-2-size").set_value(20)
    assert rerun(app).warning[0].value.startswith("Block 2 cannot be built, because of its convolution: a window of 20")
    assert "conv1" in html(app) and "conv2" not in html(app) and app.button(key="train go").disabled
    app.number_input(key="train block-2-size").set_value(3)
    app.number_input(key="train block-2-pool-size").set_value(8)
    rerun(app)
    app.number_input(key="train block-2-padding").set_value(0)
    app.number_input(key="train block-2-stride").set_value(3)
    assert rerun(app).warning[0].value.startswith("Block 2 cannot be built, because of its pooling: a window of 8")


def test_a_network_of_one_s_own_has_its_own_name_and_text() -> None:
    app = open_page("train")
    assert app.text_input(key="train title").value == "fast training"
    app.selectbox(key="train network").set_value("your own")
    assert rerun(app).text_input(key="train title").value == "my own network"
    assert "built block by block" in captions(app) and "one cycle of the learning rate" not in captions(app)
    app.text_input(key="train title").set_value("Eve's")
    app.selectbox(key="train network").set_value("LeNet-5")
    assert rerun(app).text_input(key="train title").value == "Eve's"
    assert open_page("train", network="your own").text_input(key="train title").value == "my own network"


def test_how_long_a_training_takes_is_said_before_it_starts() -> None:
    app = set_up(epochs=3000)
    time = r"[\d.e-]+\u00a0(s|min|h)"
    said = rf"This takes about \*\*{time}\*\* on this computer; this includes {time} for the test at the end\."
    assert re.search(said, text_of(app))
    press(app, "train go")
    reach(only_job(), "running")
    assert "Another job is running, so yours takes about **" in text_of(show_view(app, "Set up"))


@pytest.mark.slow
def test_the_first_preset_is_the_fast_one_and_trains_as_it_says(runs: Path) -> None:
    app = open_page("train")
    assert "SGD, momentum 0.9, learning rate 0.2, one cycle." in text_of(app)
    app.selectbox(key="train dataset").set_value(datasets.OFFLINE)
    press(app, "train go")
    config = only_job().settings["config"]
    assert {name: config[name] for name in ("schedule", "nesterov", "label_smoothing", "epochs", "batch")} == {
        "schedule": "one cycle",
        "nesterov": True,
        "label_smoothing": 0.0,
        "epochs": 1,
        "batch": 128,
    }
    ended(only_job(), 120)


def test_t8_the_time_of_an_epoch_is_recorded_where_there_is_no_gpu_and_measured_where_there_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(epoch_times, "list_devices", lambda: ["cpu"])
    assert "published network: 22 s on one core of an Intel Xeon, 0.26 s on an NVIDIA H200." in captions(set_up())
    monkeypatch.setattr(epoch_times, "list_devices", lambda: ["cpu", "cuda"])
    monkeypatch.setattr(cached, "estimate_seconds", lambda settings: {"cpu": 21.0, "cuda": 0.3}[_device(settings)])
    assert "One epoch of this training: about 21 s on the CPU, about 0.3 s on the GPU." in captions(set_up())


def _device(settings: dict[str, Any]) -> str:
    return settings["config"]["device"]


BAD = (
    ("learning-rate", 0.0, "The learning rate must be a number above 0, not 0.0."),
    ("learning-rate", -1.0, "The learning rate must be a number above 0, not -1.0."),
    ("batch", 2000, "A batch of 2,000 is larger than the 1,197 training digits."),
    ("batch", 0, "Batch must be at least 1, not 0."),
    ("epochs", 0, "Epochs must be at least 1, not 0."),
    ("epochs", 10**6, "1000000 epochs of 1,197 digits are more than a job may take"),
    ("l2", -1.0, "The L2 strength must be 0 or more, not -1.0."),
    ("power", 0.5, "The power of the penalty must be a number from 1 on, not 0.5."),
    ("momentum", 1.0, "The momentum must be a number from 0 up to 1, not 1.0."),
    ("block-1-dilation", 0, "Block 1 cannot be built, because of its convolution: dilation must be at least 1"),
)


def test_what_cannot_be_trained_is_one_sentence_and_no_job() -> None:
    app = set_up()
    app.selectbox(key="train optimizer").set_value("sgd")
    for name, value, sentence in BAD:
        field = app.number_input(key=f"train {name}")
        before = field.value
        field.set_value(value)
        rerun(app)
        assert [warning.value[: len(sentence)] for warning in app.warning] == [sentence]
        assert app.button(key="train go").disabled
        app.number_input(key=f"train {name}").set_value(before)
        assert not rerun(app).warning and not app.button(key="train go").disabled
    assert run_folders.list_jobs() == []
