"""The page "Feature maps": every view for any digit and network, what its board shows, and clicks on it."""

import base64
import io
import json
import re
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from PIL import Image
from playwright.sync_api import Page, expect
from streamlit.testing.v1 import AppTest

from core.feature_maps.changed_maps import Change, MapChange, find_fewest_maps
from core.feature_maps.stage_maps import compute_stage_maps
from core.jobs import run_folders
from core.pmnist.masks import cut_mask
from core.visualization.feature_maps import Tiles
from core.visualization.signed_colors import to_signed
from core.zoo.checkpoints import load_classifier
from dashboard import address
from dashboard.components.board import Chosen, Row, Sheet, read_choice
from dashboard.feature_maps import filter_views, one_map
from dashboard.feature_maps.pair_views import ATTACKED, OTHER
from dashboard.server import caches, data_sets
from dashboard.server.scene import Scene
from dashboard.widgets.map_changes import keep_changes
from tests.browser import complaints_of, settle
from tests.job_runs import own_runs
from tests.pages import address_of, captions, drawn_seven, first_sentence, html, open_page, press, rerun, text_of
from tests.sample_digits import real_set
from tests.tiny_training import TINY, name_of, train_here

BOARDS = ("One digit", "Switch off", "Two digits", "Two networks")
VIEWS = (*BOARDS, "Needed maps", "Filters")
STAGES = {"normalize", "conv1", "pool1", "relu1", "conv2", "pool2", "relu2", "fc1", "fc_relu1", "fc2"}


@pytest.fixture(autouse=True)
def few_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caches, "SURVEYED", 200)
    caches.top_digits.clear()


def open_view(view: str, *, state: dict[str, object] | None = None, **params: str) -> AppTest:
    app = open_page("feature_maps", view=view, **params)
    for key, value in (state or {}).items():  # afterwards: a link brings everything back to what it is at first
        app.session_state[key] = value
    return rerun(app) if state else app


def boards(app: AppTest) -> list[dict]:
    """Return what each board of the page shows; the one with all maps has most rows."""
    components = [one.proto for one in app.get("bidi_component")]
    return [json.loads(one.json) for one in components if one.component_name.endswith("board")]


def rows(app: AppTest) -> dict[str, dict]:
    largest = max(boards(app), key=lambda one: len(one["rows"]))
    return {row["name"]: row for row in largest["rows"]}


def pixels(sheet: dict) -> np.ndarray:
    """Return the maps of a sheet `(N, H, W, 3)` as the browser receives them."""
    picture = np.asarray(Image.open(io.BytesIO(base64.b64decode(sheet["picture"].split(",")[1]))))
    width, height = sheet["width"], sheet["height"]
    columns = picture.shape[1] // width
    tiles = picture.reshape(-1, height, columns, width, 3).swapaxes(1, 2).reshape(-1, height, width, 3)
    return tiles[: len(sheet["names"])]


@pytest.mark.parametrize("view", BOARDS)
@pytest.mark.parametrize("scene", ["whole", "half erased", "everything erased", "blank"])
def test_f4_every_view_opens_for_every_digit(view: str, scene: str) -> None:
    session = Scene(sample=15)
    if "erased" in scene:
        session.mask[: 28 if "everything" in scene else 14] = False
    elif scene == "blank":
        session.drawn = np.zeros((28, 28), np.float32)
    app = open_view(view, **session.to_params())
    assert not app.warning and boards(app)


def test_f4_every_map_of_every_stage_is_on_the_page_as_the_network_gives_it() -> None:
    app = open_view("One digit", sample="15")
    shown = rows(app)
    assert set(shown) == STAGES
    for one in compute_stage_maps(load_classifier("standard"), real_set().test.images(slice(15, 16))[0]):
        if one.repeats:
            continue
        row, values = shown[one.stage], one.maps.numpy()
        limit = float(np.abs(values).max())
        assert np.abs(pixels(row["sheets"][0]).astype(int) - to_signed(values, limit)).max() <= 1
        assert row["note"].startswith(f"{len(values)} ")


def test_one_scale_for_each_map_makes_every_map_as_bright_as_it_can_be() -> None:
    app = open_view("One digit", sample="15")
    before = pixels(rows(app)["conv1"]["sheets"][0])
    app.segmented_control(key="maps scale digit").set_value("one for each map")
    after = pixels(rows(rerun(app))["conv1"]["sheets"][0])
    assert (after.max((1, 2, 3)) >= 220).all() and not (before.max((1, 2, 3)) >= 220).all()


def test_what_is_erased_is_missing_from_the_maps_too() -> None:
    full, half = (rows(open_view("One digit", sample="15", **erased)) for erased in ({}, {"erased": "HCUT"}))
    first, second = (pixels(shown["normalize"]["sheets"][0])[0] for shown in (full, half))
    assert len(np.unique(second[:14].reshape(-1, 3), axis=0)) == 1 < len(np.unique(first[:14].reshape(-1, 3), axis=0))


def test_f4_a_map_that_is_clicked_is_enlarged_with_its_filter_and_the_test_digits_that_excite_it_most() -> None:
    app = open_view("One digit", sample="15", state={one_map.CHOSEN: Chosen("conv2", 7)})
    large = min(boards(app), key=lambda one: len(one["rows"]))["rows"][0]
    assert large["name"] == "conv2, map 7" and len(large["sheets"][0]["names"]) == 64
    values = compute_stage_maps(load_classifier("standard"), real_set().test.images(slice(15, 16))[0])[4].maps[7]
    values_shown = [float(name.partition(": ")[2].replace("−", "-")) for name in large["sheets"][0]["names"]]
    assert values_shown == pytest.approx(values.flatten().tolist(), abs=0.006)
    assert "its filter over 20 maps" in html(app) and "nine test digits that activate it most" in html(app)


def test_f1_a_unit_of_the_head_can_be_looked_at_too() -> None:
    app = open_view("One digit", sample="15", state={one_map.CHOSEN: Chosen("fc2", 3)})
    assert "nine test digits" in html(app) and "its filter" not in html(app)


def test_a_map_that_another_network_lacks_is_replaced_by_one_that_it_has() -> None:
    app = open_view("One digit", sample="15", state={one_map.CHOSEN: Chosen("conv2", 49)})
    app.selectbox(key="feature_maps network").set_value("local-dense")
    assert "no convolutions" in text_of(rerun(app))
    app.selectbox(key="feature_maps network").set_value("assignment")
    chosen = max(boards(rerun(app)), key=lambda one: len(one["rows"]))["chosen"]
    assert chosen[0] == "conv1" and 0 <= chosen[1] < 32


def test_f5_the_page_says_what_is_to_be_seen() -> None:
    assert "20 maps become 50, while the resolution drops 36×" in text_of(open_view("One digit", sample="15"))


def test_without_a_digit_there_are_no_maps_and_a_drawing_gives_some() -> None:
    app = open_page("feature_maps")
    app.segmented_control(key="source").set_value("Draw")
    assert "Draw a digit to see" in rerun(app).info[-1].value and not boards(app)
    app.session_state["draw"] = drawn_seven()
    assert set(rows(rerun(app))) == STAGES


def test_two_visitors_each_see_the_maps_of_their_own_digit() -> None:
    first, second = open_view("One digit", sample="15"), open_view("One digit", sample="18")
    maps = [pixels(rows(app)["conv1"]["sheets"][0]) for app in (first, second, rerun(first))]
    assert np.array_equal(maps[0], maps[2]) and not np.array_equal(maps[0], maps[1])


# Switch off


def test_maps_are_off_that_change_the_answer_of_all_networks_that_read_them() -> None:
    app = open_view("Switch off", sample="15")
    image = real_set().test.images(slice(15, 16))[0]
    off = list(find_fewest_maps(load_classifier("standard"), image, "relu2"))[-1].maps
    assert f"With {len(off)} map" in html(app) and "instead of" in html(app)
    assert f"{len(off)} changed" in rows(app)["relu2"]["note"]
    dark = pixels(rows(app)["relu2"]["sheets"][0])[list(off)]
    assert not dark.any()
    answers = re.findall('data-announce="(.*?)"', html(app))[0]
    assert "Standard reads" in answers and "Missing-feature reads" in answers and "Restoring" not in answers


def test_maps_that_the_page_has_chosen_stay_while_the_digit_is_erased_and_another_digit_gets_its_own() -> None:
    def off(app: AppTest) -> list[int]:
        return rows(app)["relu2"]["marked"]

    app = open_view("Switch off", sample="15")
    chosen = off(app)
    session = app.session_state["session"]
    session.scene.mask = session.base_mask = cut_mask("HCUT").numpy()
    assert off(rerun(app)) == chosen != off(open_view("Switch off", sample="15", erased="HCUT"))
    assert address_of(app)["changed"] == ",".join(f"relu2.{number}.off" for number in chosen)
    press(app, "maps few")
    anew = off(app)
    assert anew == off(open_view("Switch off", sample="15", erased="HCUT")) and "changed" not in address_of(app)
    session.scene.sample = 18
    assert off(rerun(app)) == off(open_view("Switch off", sample="18", erased="HCUT")) and "changed" not in address_of(
        app
    )


@pytest.mark.parametrize("change", ["off", "halved", "doubled", "scaled", "mean", "1 - x"])
def test_a_link_holds_the_changes_and_they_can_be_undone(change: str) -> None:
    link = f"conv1.3.{change},relu2.all.off"
    app = open_view("Switch off", sample="15", changed=link)
    assert "With all of relu2 and 1 map" in html(app) and address_of(app)["changed"] == link
    assert not pixels(rows(app)["relu2"]["sheets"][0]).any()
    press(app, "maps undo")
    assert "With 1 map" in html(app) and address_of(app)["changed"] == f"conv1.3.{change}"
    press(app, "maps undo all")
    assert "With nothing changed, Standard reads" in html(app)
    press(app, "maps few")
    assert "changed" not in address_of(app)


@pytest.mark.parametrize("link", ["conv1.3", "conv1.3.gone", "conv1.-1.off", ",".join(["conv1.1.off"] * 65), "x" * 500])
def test_changes_that_no_page_would_write_cost_a_sentence(link: str) -> None:
    app = open_view("Switch off", sample="15", changed=link)
    assert "cannot be read" in " ".join(one.value for one in app.warning) and "instead of" in html(app)


def test_changes_of_maps_that_another_network_lacks_are_left_out() -> None:
    app = open_view("Switch off", sample="15", network="local-dense", changed="conv1.3.off")
    assert "nothing changed" in html(app) and "1 change is left out" in captions(app)


def test_one_slider_scales_all_scaled_maps_and_a_link_holds_it() -> None:
    def relu2(**strength: str) -> np.ndarray:
        app = open_view("Switch off", sample="15", changed="relu2.0.off,relu2.all.scaled", **strength)
        assert strength.items() <= address_of(app).items()
        return next(name for name in rows(app)["relu2"]["sheets"][0]["names"] if not name.endswith(": 0"))

    usual, doubled = (float(relu2(strength=one).split(" to ")[-1]) for one in ("100", "200"))
    assert doubled == pytest.approx(2 * usual, abs=0.02)
    assert all(
        name.endswith(": 0")
        for name in rows(open_view("Switch off", changed="relu2.all.scaled", strength="0"))["relu2"]["sheets"][0][
            "names"
        ]
    )


def test_the_fewest_maps_stand_beside_the_fewest_pixels_that_change_the_answer() -> None:
    shown = html(open_view("Switch off", sample="15"))
    found = re.findall(r"<figcaption>(\d+) (of 50 maps off|pixels? erased): reads (\d)", shown)
    assert [what.split()[-1] for _, what, _ in found] == ["off", "erased"] and all(int(count) for count, _, _ in found)


def test_a_browser_changes_what_a_link_could_change_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[object] = []
    monkeypatch.setattr(address, "change", lambda key, value: kept.append(value))
    for sent in (
        "",
        "conv1",
        "conv1.-1.off",
        "relu2.1.gone",
        ",".join(["relu2.1.off"] * 65),
        "relu2.all.mean",
        "nothing",
    ):
        keep_changes(sent)
    assert kept == [(MapChange("relu2", None, Change.MEAN),), ()]


# Two digits


def test_f5_two_digits_are_shown_with_their_difference_to_one_scale() -> None:
    app = open_view("Two digits", sample="15", erased="HCUT")
    row = rows(app)["conv1"]
    assert [sheet["title"] for sheet in row["sheets"]] == ["whole", "erased", "difference"]
    assert "changes by" in row["note"]
    digit = real_set().test.images(slice(15, 16))[0]
    before, after = (conv1_of(one) for one in (digit, digit * cut_mask("HCUT")))
    limit = max(float(np.abs(values).max()) for values in (before, after, after - before))
    for sheet, values in zip(row["sheets"], (before, after, after - before), strict=True):
        assert np.abs(pixels(sheet).astype(int) - to_signed(values, limit)).max() <= 1
    same = before == after
    assert same.any() and not pixels(row["sheets"][2])[same].any(), "where nothing differs, the difference is black"


def conv1_of(image: torch.Tensor) -> np.ndarray:
    return next(
        one.maps.numpy() for one in compute_stage_maps(load_classifier("standard"), image) if one.stage == "conv1"
    )


def test_the_class_of_a_drawing_is_what_is_read_of_it_before_anything_is_erased() -> None:
    digits, network, mask = real_set().test.first(100), load_classifier("standard"), cut_mask("HCUT")
    first = digits.labels[0]
    erased = network(digits.images() * mask).argmax(1)
    misread = (digits.labels == first) & (network(digits.images()).argmax(1) == first) & (erased != first)
    drawn = digits.images()[int(misread.nonzero()[0]), 0].numpy()
    link = Scene(drawn=drawn, mask=mask.numpy()).to_params() | {"two": "another digit"}
    other = open_view("Two digits", **link).number_input(key="maps other").value
    assert other == int((digits.labels != first).nonzero()[0]), "the first test digit of another class"


def test_without_an_erased_part_the_top_half_is_an_example() -> None:
    assert "As an example" in captions(open_view("Two digits", sample="15"))


@pytest.mark.parametrize("method", ["FGSM", "PGD"])
def test_a_digit_before_and_after_an_attack(method: str) -> None:
    app = open_view("Two digits", sample="15", state={"maps pair": ATTACKED})
    app.segmented_control(key="maps attack").set_value(method)
    row = rows(rerun(app))["normalize"]
    assert [sheet["title"] for sheet in row["sheets"]] == ["before", "after the attack", "difference"]
    app.slider(key="maps epsilon").set_value(0.0)
    assert rows(rerun(app))["normalize"]["note"].endswith("the same")


def test_a_blank_digit_cannot_be_attacked_and_the_page_says_why() -> None:
    params = Scene(drawn=np.zeros((28, 28), np.float32)).to_params()
    app = open_view("Two digits", state={"maps pair": ATTACKED}, **params)
    assert "blank" in app.warning[0].value


def test_the_second_digit_is_at_first_of_another_class() -> None:
    for sample in ("0", "15"):
        app = open_view("Two digits", sample=sample, state={"maps pair": OTHER})
        assert not any(row["note"].endswith("the same") for row in rows(app).values())
        labels = caches.current_dataset()[0].test.labels
        assert labels[int(sample)] != labels[app.number_input(key="maps other").value]


def test_any_test_digit_can_be_the_second_one() -> None:
    app = open_view("Two digits", sample="15", state={"maps pair": OTHER})
    app.number_input(key="maps other").set_value(15)
    assert all(row["note"].endswith("the same") for row in rows(rerun(app)).values())


# Two networks


def test_the_standard_network_reads_what_is_there_and_the_missing_feature_one_what_is_not() -> None:
    app = open_view("Two networks", sample="15")
    row = rows(app)["what the head reads"]
    assert [sheet["title"] for sheet in row["sheets"]] == [
        "Standard: x, what is there",
        "Missing-feature: 1 − x, what is missing",
    ]
    assert "Identical in both networks: normalize, conv1" in captions(app)
    assert set(rows(app)) == {"what the head reads", "fc1", "fc_relu1", "fc2"}


def test_networks_that_are_built_differently_stand_side_by_side_without_a_difference() -> None:
    app = open_view("Two networks", sample="15")
    app.selectbox(key="maps second network").set_value("assignment")
    shown = rows(rerun(app))
    assert [len(row["sheets"]) for row in shown.values()] == [2] * len(shown)
    assert len(shown["conv1"]["sheets"][0]["names"]) == 20 and len(shown["conv1"]["sheets"][1]["names"]) == 32


# Filters


def test_f1_the_filters_of_all_layers_are_shown_at_the_start_and_after_training() -> None:
    app = open_view("Filters", state={"feature_maps network": "local-conv"})
    assert first_sentence(app).startswith("Training changed the filters of conv1 by ")
    shown = rows(app)
    assert "(3, 3, 1, 8)" in shown["conv1"]["note"] and "(3, 3, 8, 8)" in shown["conv2"]["note"]
    assert [sheet["title"] for sheet in shown["conv2"]["sheets"]] == ["at the start", "after training"]
    assert [sheet["columns"] for sheet in shown["conv2"]["sheets"]] == [8, 8]
    assert "random weights with seed 42" in captions(app) and "changed by" in shown["conv1"]["note"]


def test_m9_frozen_filters_are_said_to_be_another_network_s() -> None:
    app = open_view("Filters", state={"feature_maps network": "missing-feature"})
    assert first_sentence(app) == "Training did not change any filter."
    assert "the filters of Standard" in captions(app) and "unchanged" in rows(app)["conv2"]["note"]


def test_a_dense_network_has_no_filters_and_an_unknown_start_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "no convolutions" in open_view("Filters", state={"feature_maps network": "local-dense"}).info[-1].value
    monkeypatch.setattr(filter_views, "find_initial_network", lambda name: None)
    app = open_view("Filters")
    assert "are not known" in captions(app)
    assert all(len(row["sheets"]) == 1 for row in rows(app).values())


def test_f1_one_square_of_a_filter_is_shown_in_numbers_before_and_after() -> None:
    app = open_view(
        "Filters", state={"feature_maps network": "local-conv", filter_views.CHOSEN: Chosen("conv2", 8 * 3 + 5)}
    )
    assert any("conv2, filter 5**, over map 3" in one.value for one in app.markdown)
    assert len(app.get("plotly_chart")) == 2


@pytest.fixture
def own_network(tmp_path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with own_runs(tmp_path, monkeypatch) as folder:
        folder.mkdir()
        name = name_of(train_here(architecture=TINY.to_dict()))
        monkeypatch.setattr(caches, "own_networks", lambda data="": caches._networks_of("ann"))
        caches._networks_of.clear()
        yield name


def test_f1_a_network_of_one_s_own_shows_how_its_filters_grew(own_network: str) -> None:
    app = open_view("Filters", state={"feature_maps network": own_network})
    grown = [board["rows"][0] for board in boards(app) if board["rows"][0]["name"] == "first filters"]
    assert len(grown) == 1 and "moments" in grown[0]["note"]
    assert len(grown[0]["sheets"][0]["names"]) == 4 * grown[0]["sheets"][0]["columns"]
    assert "random weights with seed" in captions(app)
    assert set(rows(open_view("One digit", sample="1", state={"feature_maps network": own_network}))) >= {
        "conv1",
        "fc2",
    }
    assert run_folders.list_jobs("ann")


# What a browser sends


def test_only_a_tile_that_is_there_can_be_chosen() -> None:
    tiles = Tiles(np.zeros((2, 2, 3), np.uint8), 1, 1, ["a", "b", "c"])
    shown = [Row("conv1", "", [Sheet(tiles, 10, 20)])]
    assert read_choice(["conv1", 2], shown) == Chosen("conv1", 2)
    for sent in (None, ["conv1", 3], ["conv1", -1], ["conv2", 0], ["conv1"], ["conv1", "1"], {"conv1": 1}, [1, 1]):
        assert read_choice(sent, shown) is None


def test_looking_leaves_the_shared_networks_as_they_are() -> None:
    network = caches.classifier("standard", data_sets.current_name())
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    open_view("Two digits", sample="15", state={"maps pair": ATTACKED})
    assert caches.classifier("standard", data_sets.current_name()) is network
    assert all(torch.equal(before[name], tensor) for name, tensor in network.state_dict().items())
    assert all(not one._forward_hooks and not one._backward_hooks for one in network.modules())
    assert not any(one.requires_grad or one.grad is not None for one in network.parameters())


# In a real browser

PATIENCE = 60_000  # milliseconds


@pytest.mark.slow
@pytest.mark.browser
def test_a_click_and_the_keyboard_enlarge_a_map_and_the_pointer_tells_its_values(server: str, page: Page) -> None:
    page.goto(f"{server}/feature_maps?sample=18")
    page.locator(".board[data-drawn] canvas").nth(9).wait_for(timeout=PATIENCE)
    settle(page)
    sheet = page.locator(".board canvas").nth(4)
    sheet.click(position={"x": 5, "y": 5})
    expect(page.get_by_text("conv2, map 0", exact=True)).to_be_visible(timeout=PATIENCE)
    sheet.press("ArrowRight")
    sheet.press("Enter")
    expect(page.get_by_text("conv2, map 1", exact=True)).to_be_visible(timeout=PATIENCE)
    page.locator(".board").nth(1).locator("canvas").hover(position={"x": 3, "y": 3})
    expect(page.locator(".board").nth(1).locator(".tip")).to_contain_text("row 0, column 0: ")
    assert not complaints_of(page)


@pytest.mark.slow
@pytest.mark.browser
def test_a_click_switches_a_map_off_and_a_second_click_on_again(server: str, page: Page) -> None:
    page.goto(f"{server}/feature_maps?view=Switch+off&sample=18&changed=nothing")
    sheet = page.locator(".board[data-drawn] canvas").first
    sheet.wait_for(timeout=PATIENCE)
    for words, values in (("With 1 map off", r"^map 0: 0$"), ("With nothing changed", r"^map 0: 0 to \d")):
        settle(page)
        sheet.click(position={"x": 5, "y": 5})
        expect(page.get_by_text(words)).to_be_visible(timeout=PATIENCE)
        expect(page.locator(".board .tip")).to_have_text(re.compile(values), timeout=PATIENCE)
    assert not complaints_of(page)


@pytest.mark.slow
@pytest.mark.browser
def test_dragging_the_mouse_switches_all_maps_on_its_way_off(server: str, page: Page) -> None:
    page.goto(f"{server}/feature_maps?view=Switch+off&sample=18&changed=nothing")
    sheet = page.locator(".board[data-drawn] canvas").first
    sheet.wait_for(timeout=PATIENCE)
    settle(page)
    box = sheet.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(box["x"] + 105, box["y"] + 5)
    page.mouse.up()
    expect(page.get_by_text(re.compile(r"With [5-7] maps off"))).to_be_visible(timeout=PATIENCE)
    assert not complaints_of(page)


@pytest.mark.slow
@pytest.mark.browser
def test_on_a_phone_nothing_is_cut_off(server: str, phone: Page) -> None:
    phone.goto(f"{server}/feature_maps?sample=18")
    phone.get_by_role("radio", name="One digit", exact=True).wait_for(timeout=PATIENCE)
    for view in VIEWS:
        phone.get_by_role("radio", name=view, exact=True).click()
        settle(phone)
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390, view
        if view == "Needed maps":
            continue  # charts fit their place
        phone.locator(".board[data-drawn]").first.wait_for(timeout=PATIENCE)
        ends = "all => all.map((one) => one.getBoundingClientRect().right)"
        assert max(phone.locator(".board canvas").evaluate_all(ends)) <= 390, view
