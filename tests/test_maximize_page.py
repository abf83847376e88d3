"""The page "What activates a neuron": its views, its player, its maps in detail and its downloads."""

import io
import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from playwright.sync_api import Page, expect
from streamlit.testing.v1 import AppTest

from core.maximization.loop import PRESETS, MaximizationConfig, maximize
from core.maximization.objectives import ClassLogit, Neuron
from core.visualization.labels import draw_labels
from core.visualization.maximization import Layout, draw_sheet, layout_for, to_animation
from core.zoo.checkpoints import load_classifier
from dashboard.components.player import Frame, Look
from dashboard.maximize.runs import Maximization, recorded_path
from dashboard.maximize.step_texts import describe_classes, describe_maps
from dashboard.server import caches, data_sets
from dashboard.widgets import playing
from dashboard.widgets.cached import load_recorded
from dashboard.widgets.recorded_runs import MAX_FRAMES, RecordedRun, load, save
from tests.browser import complaints_of, settle
from tests.pages import captions, html, open_page, rerun, text_of

DIGITS = tuple("0123456789")
ASSIGNMENT = load_classifier("assignment")
VIEWS = {
    "Ten digits": "ten digits",
    "Every map": "every map",
    "From a digit": "another digit",
    "Side by side": "side by side",
    "Compare methods": "compare methods",
    "One neuron": "one neuron",
}


@pytest.fixture(autouse=True)
def few_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caches, "SURVEYED", 300)
    caches.top_digits.clear()


def open_view(view: str, **params: str) -> AppTest:
    return open_page("maximize", view=view, **params)


def grow(app: AppTest, key: str, *, steps: int = 6) -> playing.Run:
    """Press the start button, wait until the run ends, and run the page again as the browser does then."""
    (setting,) = [one for one in app.number_input if one.label == "Steps"]
    setting.set_value(steps)
    app.run()
    app.button(key=f"{key}/start").click()
    rerun(app)
    run, end = app.session_state[f"{key}/run"], time.monotonic() + 60
    while not run.finished:
        assert time.monotonic() < end
        time.sleep(0.02)
    rerun(app)
    return run


# Sheets


def test_a_sheet_shows_every_picture_its_caption_and_how_sure_the_network_is():
    pictures = np.linspace(0, 1, 10)[:, None, None] * np.ones((10, 28, 28))
    named = draw_sheet(pictures, ["3  99 %"] * 10, layout_for(10), shares=[0.99] * 10)
    plain, with_shares = draw_sheet(pictures, [""] * 10, layout_for(10)).picture, draw_labels(named)
    assert plain.shape == with_shares.shape and plain.shape[1] > 1.6 * plain.shape[0]
    assert with_shares[60:74, 4:60].max() > plain[60:74, 4:60].max()
    assert (with_shares[-8:] > 100).any() and not (plain[-8:] > 100).any()


def test_n5_a_dead_neuron_is_hatched_not_shown_as_grey():
    pictures = np.full((2, 28, 28), 0.5)
    sheet = draw_sheet(pictures, ["", ""], Layout(2), dead=[False, True]).picture
    left, right = sheet[4:60, 4:60], sheet[4:60, 64:120]
    assert len(set(left.flat)) == 1 and set(right.flat) == {0, 70}


def test_an_animation_is_a_png_that_moves():
    sheets = [np.full((4, 6), shade, np.uint8) for shade in range(250)]
    moving = Image.open(io.BytesIO(to_animation(sheets)))
    assert moving.format == "PNG" and moving.n_frames == 100 and moving.info["loop"] == 0


# Optimisations as runs of the player


@pytest.mark.parametrize("count", [1, 3, 10, 32, 50, 64, 90])
def test_a_whole_run_never_exceeds_the_player_s_memory(count):
    config = MaximizationConfig(steps=200)
    run = Maximization({"assignment": ASSIGNMENT}, ClassLogit([0] * count), config, layout_for(count), describe_maps)
    first = next(run.steps())
    assert run.frame_count * run.to_frame(first).picture.nbytes < playing.MAX_BYTES
    assert count > 10 or run.frame_count == 201, "of ten digits every step is seen"


def test_large_sheets_skip_some_steps_but_never_the_last():
    config = MaximizationConfig(steps=5)
    run = Maximization({"assignment": ASSIGNMENT}, ClassLogit(0), config, layout_for(1), describe_maps)
    assert [steps[0].step for steps in run.steps()] == [0, 1, 2, 3, 4, 5] and run.frame_count == 6


def test_n4_every_step_says_what_the_network_reads_and_how_far_all_ten_have_come():
    describe = describe_classes(DIGITS)
    *_, last = maximize(ASSIGNMENT, ClassLogit(range(10)), replace(PRESETS["shrinking blur"], steps=40))
    names, values, text = describe((last,))
    sure = [f"{100 * float(share):.0f} %" for share in last.probabilities.amax(1)]
    assert names == [f"{label}  {share}" for label, share in enumerate(sure)] and list(values) == list(DIGITS)
    assert values["3"] == pytest.approx(float(last.costs[3]))
    assert text.startswith("Step 40: 10 of 10 are read as their class. The lowest probability is")


def test_n5_dead_maps_are_named():
    *_, last = maximize(ASSIGNMENT, Neuron("pool2", tuple(range(32))), MaximizationConfig(steps=30))
    names, _, text = describe_maps((last,))
    dead = torch.nonzero(~last.responded)[:, 0].tolist()
    assert [number for number, name in enumerate(names) if "dead" in name] == dead
    assert f"{len(dead)} are dead" in text and str(dead[0]) in text


# The page


def test_every_view_has_a_recorded_run_that_plays_at_once_and_says_so():
    for key in VIEWS.values():
        run = load_recorded(recorded_path(key))
        assert run is not None and len(run.frames) == MAX_FRAMES and "Step" in run.frames[-1].text
        assert np.ptp(run.frames[-1].picture) > 100
    app = open_view("Ten digits")
    assert "A recorded run" in captions(app)
    grow(app, "ten digits")
    assert "A recorded run" not in captions(app)


@pytest.mark.mnist
def test_a_recorded_run_from_another_digit_says_so():
    said = "starts from test digit 0 of MNIST, a 7, not from your digit"
    assert said in captions(open_view("From a digit", sample="18"))
    assert said not in captions(open_view("From a digit", sample="0"))


def test_a_recorded_run_comes_back_from_its_file(tmp_path):
    frames = [
        Frame(np.full((20, 30), 40 * number, np.uint8), {"a": number / 3}, f"Step {number}") for number in range(5)
    ]
    save(RecordedRun(frames, Look("Squares", {"a": "#123456"})), tmp_path / "run.webp")
    found = load(tmp_path / "run.webp")
    assert [(one.values, one.text) for one in found.frames] == [(one.values, one.text) for one in frames]
    assert found.look.colors == {"a": "#123456"} and abs(int(found.frames[3].picture[5, 5]) - 120) < 4


@pytest.mark.parametrize("view", VIEWS)
def test_n1_n5_every_view_opens_grows_its_pictures_and_offers_them(view):
    app = open_view(view, sample="15")
    key = VIEWS[view]
    assert not app.warning and app.button(key=f"{key}/stop").disabled
    assert not [one for one in app.get("download_button") if key in one.proto.id]
    run = grow(app, key)
    assert len(run.frames) == 7 and not run.problem and not app.warning
    assert len([one for one in app.get("download_button") if "png" in one.proto.id or "npz" in one.proto.id]) == 3
    assert np.ptp(run.frames[-1].picture) > 100 and not np.array_equal(run.frames[0].picture, run.frames[-1].picture)


def test_n1_ten_digits_have_ten_curves_that_rise():
    run = grow(open_view("Ten digits"), "ten digits", steps=20)
    first, last = run.frames[0].values, run.frames[-1].values
    assert list(first) == list(DIGITS) and all(last[label] > first[label] for label in DIGITS)


def test_other_settings_are_another_run():
    app = open_view("Ten digits")
    grow(app, "ten digits")
    (preset,) = [one for one in app.selectbox if one.label == "Optimisation method"]
    preset.set_value("frequencies")
    assert "ten digits/run" not in rerun(app).session_state
    (seed,) = [one for one in app.number_input if one.label == "Seed"]
    seed.set_value(7)
    app.run()
    assert grow(app, "ten digits").about[2] == replace(PRESETS["frequencies"], seed=7, steps=6)


def test_several_noises_give_a_row_of_ten_each():
    app = open_view("Ten digits")
    (starts,) = [one for one in app.number_input if one.label == "Starts"]
    starts.set_value(3)
    app.run()
    run = grow(app, "ten digits")
    assert "of 30 are read" in run.frames[-1].text and len(run.frames[-1].values) == 10


def test_n5_a_map_is_shown_with_its_filter_its_nine_digits_and_what_it_does_on_the_digit():
    app = open_view("Every map", sample="15")
    assert "Choose a number" in captions(app) and "ns-closeup" not in html(app)
    (maps,) = [one for one in app.segmented_control if one.label == "Map"]
    assert len(maps.options) == 32
    maps.set_value(7)
    shown = html(rerun(app))
    assert shown.count("<figure") == 3 and "its filter over 32 maps" in shown and "the map on your digit" in shown
    assert "nine training digits" in shown or "no training digit" in shown
    grow(app, "every map")
    assert "the image optimised for it" in html(app)


def test_a_digit_is_turned_into_one_class_by_several_networks():
    app = open_view("From a digit", sample="15")
    (target,) = [one for one in app.selectbox if one.label == "Change it into"]
    target.set_value("8")
    app.run()
    run = grow(app, "another digit", steps=40)
    assert "Standard 1 of 1" in run.frames[-1].text and len(run.frames[-1].values) >= 3


def test_side_by_side_has_a_row_and_a_curve_for_each_network():
    app = open_view("Side by side")
    run = grow(app, "side by side")
    assert {"Standard", "Missing-feature", "Assignment"} <= set(run.frames[0].values)
    assert "A row for each network, in this order" in captions(app)


def test_both_blurs_start_from_the_same_noise_and_have_a_curve_each():
    app = open_view("Compare methods")
    run = grow(app, "compare methods", steps=20)
    first, last = run.frames[0], run.frames[-1]
    assert list(first.values) == ["growing blur", "shrinking blur"] and len(set(first.values.values())) == 1
    assert all(last.values[name] > value for name, value in first.values.items())
    assert last.values["growing blur"] != last.values["shrinking blur"]
    assert "of 2 are read as 3. Logit: growing blur" in last.text


def test_every_method_can_be_compared_also_the_one_of_a_fixed_magnitude():
    app = open_view("Compare methods", methods="shrinking blur,magnitude-constrained", **{"class": "7"})
    run = grow(app, "compare methods", steps=40)
    assert list(run.frames[0].values) == ["shrinking blur", "magnitude-constrained"]
    assert run.frames[-1].text.startswith("Step 40: 2 of 2 are read as 7.")


def test_a_hidden_unit_is_maximised_beside_the_digits_that_activate_it_most():
    app = open_view("One neuron", network="assignment", stage="fc1", unit="7")
    assert "Digits with most of unit 7 of fc1" in text_of(
        app
    ) and "the nine training digits that activate it most" in html(app)
    assert "not what you chose" in captions(app)
    run = grow(app, "one neuron", steps=20)
    assert run.about[1] == "Neuron(stage='fc1', maps=7, place=None)" and "not what you chose" not in captions(app)
    assert all(run.frames[-1].values[name] > value for name, value in run.frames[0].values.items())


def test_the_absence_of_a_feature_can_be_excited():
    app = open_view("One neuron")
    run = grow(app, "one neuron", steps=20)
    assert "Neuron(stage='pool2'" in run.about[1] and "(-1.0," in run.about[1] and "**Feature absent**" in captions(app)
    assert all(run.frames[-1].values[name] > value for name, value in run.frames[0].values.items())
    (stage,) = [one for one in app.selectbox if one.label == "Stage"]
    assert any(option.startswith("inverted") for option in stage.options)
    (network,) = [one for one in app.selectbox if one.label == "Network"]
    network.set_value("standard")
    (stage,) = [one for one in rerun(app).selectbox if one.label == "Stage"]
    assert "inverted" not in " ".join(stage.options) and any(option.startswith("fc1") for option in stage.options)


def test_stopping_keeps_what_there_is():
    app = open_view("Ten digits")
    (steps,) = [one for one in app.number_input if one.label == "Steps"]
    steps.set_value(2000)
    app.run()
    app.button(key="ten digits/start").click()
    rerun(app)
    run = app.session_state["ten digits/run"]
    run.stop()
    end = time.monotonic() + 10
    while not run.finished:
        assert time.monotonic() < end
        time.sleep(0.02)
    rerun(app)
    assert 0 < len(run.frames) < 2001 and len(app.session_state["ten digits/recording"].steps) >= len(run.frames)
    assert [one for one in app.get("download_button") if "npz" in one.proto.id]


def test_without_a_digit_there_is_nothing_to_turn_into_another():
    app = open_view("From a digit")
    app.segmented_control(key="source").set_value("Draw")
    assert "Draw a digit to change it" in rerun(app).info[-1].value


def test_the_networks_of_the_dashboard_stay_as_they_are():
    app = open_view("Side by side")
    before = {
        name: [tensor.clone() for tensor in caches.classifier(name, data_sets.current_name()).state_dict().values()]
        for name in ("standard", "missing-feature", "assignment")
    }
    grow(app, "side by side")
    for name, tensors in before.items():
        now = caches.classifier(name, data_sets.current_name())
        assert all(torch.equal(*pair) for pair in zip(tensors, now.state_dict().values(), strict=True)), name
        assert not any(parameter.requires_grad for parameter in now.parameters())


# In a real browser

PATIENCE = 60_000  # milliseconds


def choose(page: Page, view: str) -> None:
    page.get_by_role("radio", name=view, exact=True).click()
    settle(page)


@pytest.mark.slow
@pytest.mark.browser
def test_one_press_grows_ten_digits_and_a_stop_keeps_what_there_is(server: str, page: Page) -> None:
    page.goto(f"{server}/maximize")
    page.get_by_role("button", name="Optimise ten images").click(timeout=PATIENCE)
    steps = page.locator(".player .count", has_text="/ 200")  # the recorded run may still stand there for a moment
    expect(steps).to_have_text("200 / 200", timeout=PATIENCE)
    expect(page.locator(".player .text")).to_contain_text("Step 200: 10 of 10 are read")
    assert page.locator(".player .legend li").count() == 10
    with page.expect_download() as download:
        page.get_by_role("button", name="All steps (animated PNG)").click()
    with Image.open(download.value.path()) as moving:
        assert moving.n_frames == 100
    choose(page, "Side by side")
    page.get_by_role("button", name="Optimise side by side").click()
    expect(page.locator(".player .picture")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="The sheet (PNG)")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_role("button", name="Stop")).to_be_disabled()
    assert not complaints_of(page)


@pytest.mark.slow
@pytest.mark.browser
def test_on_a_phone_nothing_is_cut_off(server: str, phone: Page) -> None:
    phone.goto(f"{server}/maximize")
    phone.get_by_role("radio", name="Ten digits", exact=True).wait_for(timeout=PATIENCE)
    for view in VIEWS:
        choose(phone, view)
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390, view
