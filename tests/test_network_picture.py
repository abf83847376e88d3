"""The picture of a whole network: its numbers are PyTorch's, and what is switched in it is computed in the browser."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import Browser, Locator, Page, WebSocketRoute, expect
from torch import Tensor

from core.convolution.explanations import explain_value
from core.convolution.trace import trace_stages
from core.convolution.window import Window
from core.digits import datasets
from core.feature_maps.changed_maps import Change, MapChange, with_changes
from core.inversion.functions import Invert, sum_heads, to_single_stage, with_inversion
from core.inversion.map_atlas import receptive_field
from core.networks.architectures import ARCHITECTURES
from core.networks.classifier import Classifier, build
from core.zoo import checkpoints
from core.zoo.browser_layers import list_features, list_head
from dashboard.components import network_picture
from dashboard.components.forward import CHANGES, SCRIPT
from dashboard.server import data_sets
from tests.browser import LAPTOP, SEVEN, complaints_of, draw_strokes, drawing_canvas, open_tab, settle
from tests.forward_pass import UNUSUAL, encode, to_message, with_statistics

pytestmark = pytest.mark.browser
CLOSE = 1e-4
PARTS = Path(network_picture.__file__).parent
SAMPLE = 18

# Explain the values in the middle of each stage, and say what the last one with maps reads of the pixels.
READ = """({ features, head, digit, side }) => {
    const decode = (text) => new Float32Array(Uint8Array.from(atob(text), (one) => one.charCodeAt(0)).buffer);
    const open = ({ layers, weights }) => ({ layers, weights: holdWeights(decode(weights).buffer) });
    const lists = [open(features), open(head)], input = toInput(decode(digit));
    const body = runApart(lists[0], input, side, []), top = runApart(lists[1], body.outputs.at(-1), side, []);
    const shown = [lists[0], takeApart(lists[1], side)];
    const columns = toColumns(shown.flatMap(({ layers, weights }) => layers.map((layer) => ({ layer, weights }))));
    fill(columns, input, { outputs: [...body.outputs, ...top.outputs], made: [...body.made, ...top.made] });
    layOut(columns, 1000, 400, 26);
    const middle = ({ values }) => Math.floor(values.length * 0.55);
    const found = columns.slice(1).map((column, i) => {
        const place = middle(column.sum), { places, products, bias } = explain(column, place);
        const goes = columns[i + 2] ? readersOf(columns[i + 2], place) : { places: [], products: [] };
        const back = goes.places.map((to) => explain(columns[i + 2], to))
            .map((one) => one.products[one.places.indexOf(place)]);
        const field = readFields(columns, i + 1, place)[0], { name, layer: { kind } } = column;
        return { name, kind, place, places, products, bias, goes: goes.products, back, field };
    });
    return found;
}"""


@pytest.fixture(scope="module")
def blank_page(chromium: Browser) -> Iterator[Page]:
    page = chromium.new_page()
    parts = [(PARTS / name).read_text("utf-8") for name in ("explain.js", "layout.js", "controls.js")]
    page.add_script_tag(content="\n".join([SCRIPT, CHANGES, *parts]))
    yield page
    page.close()


def explain_in_browser(page: Page, network: Classifier, image: Tensor, side: int = 0) -> list[dict[str, Any]]:
    """Explain the values in the middle of the stages; of two heads (`side` 0 or 1) those of one."""
    message = {"features": to_message(list_features(network)), "head": to_message(list_head(network)), "side": side}
    found: list[dict[str, Any]] = page.evaluate(READ, {**message, "digit": encode(image.numpy().tobytes())})
    return found


def untrained(name: str) -> Classifier:
    return with_statistics(build(ARCHITECTURES.get(name, UNUSUAL))).requires_grad_(False)


def any_digit() -> Tensor:
    """Return a digit that has no two equal values, so that every largest one is the only one."""
    return torch.rand(1, 28, 28, generator=torch.Generator().manual_seed(3))


@pytest.mark.parametrize("name", [*ARCHITECTURES, "unusual"])
def test_every_value_is_explained_as_in_pytorch(name: str, blank_page: Page) -> None:
    network = untrained(name)
    traces = {trace.name: trace for trace in trace_stages(network, any_digit())}
    for found in explain_in_browser(blank_page, network, any_digit()):
        trace = traces[found["name"]]
        place = np.unravel_index(found["place"], trace.outputs.shape)
        known = explain_value(trace, (*(int(at) for at in place), 0, 0)[:3])
        if isinstance(known.window, Window):
            assert np.allclose(known.window.products.flatten(), found["products"], atol=CLOSE)
        if found["kind"] != "invert":
            assert sum(found["products"]) + found["bias"] == pytest.approx(
                float(trace.outputs.flatten()[found["place"]]), abs=CLOSE
            )


@pytest.mark.parametrize("name", [*ARCHITECTURES, "unusual"])
def test_what_a_value_adds_is_what_the_next_stage_reads(name: str, blank_page: Page) -> None:
    for found in explain_in_browser(blank_page, untrained(name), any_digit()):
        assert np.allclose(found["goes"], found["back"], atol=CLOSE)


@pytest.mark.parametrize("name", ["published", "LeNet-5", "small, batch norm", "fast"])
def test_what_a_value_reads_of_the_pixels_is_its_receptive_field(name: str, blank_page: Page) -> None:
    network = untrained(name)
    field, traces = receptive_field(network), trace_stages(network, any_digit())
    *_, last = [trace for trace in traces if trace.spatial]
    *_, found = [one for one in explain_in_browser(blank_page, network, any_digit()) if one["field"]]
    # The inverted features are flat, but shown as maps: their place is the last maps' own.
    _, *place = np.unravel_index(found["place"], last.outputs.shape)
    for (low, high), at in zip((found["field"]["rows"], found["field"]["columns"]), place, strict=True):
        start = field.first + field.step * int(at)
        assert [low, high] == [max(0, start), min(27, start + field.size - 1)]


def two_heads(inversion: str) -> Classifier:
    one, other = (build(ARCHITECTURES["small"], seed=seed).requires_grad_(False) for seed in range(2))
    heads = to_single_stage(sum_heads(one.head, other.head, inversion, omega=0.3))
    return Classifier(one.features, heads, Invert(inversion)).eval()


@pytest.mark.parametrize("inversion", ["both", "identity"])
@pytest.mark.parametrize("side", [0, 1])
def test_each_of_two_heads_is_explained_stage_by_stage(side: int, inversion: str, blank_page: Page) -> None:
    network = two_heads(inversion)
    vector = network.inversion(network.extract(any_digit()[None]))
    one = network.head.synergy.second if side else network.head.synergy.first
    values, expected = vector.chunk(2, dim=1)[side] if inversion == "both" else vector, {}
    for name, stage in one.named_children():
        values = expected[name] = stage(values)
    expected["synergy"] = network(any_digit()[None])
    *_, first, second, total = explain_in_browser(blank_page, network, any_digit(), side)
    assert [found["name"] for found in (first, second, total)] == ["fc1", "fc2", "synergy"]
    for found in (first, second, total):
        value = float(expected[found["name"]].flatten()[found["place"]])
        assert sum(found["products"]) + found["bias"] == pytest.approx(value, abs=CLOSE)
        assert np.allclose(found["goes"], found["back"], atol=CLOSE)
    assert total["products"] == pytest.approx([float(values[0, total["place"]]) * (0.3 if side else 1)], abs=CLOSE)


@pytest.fixture(scope="module")
def tab(server: str, chromium: Browser) -> Iterator[Page]:
    with open_tab(chromium, **LAPTOP, reduced_motion="reduce") as tab:
        tab.goto(f"{server}/convolution?sample={SAMPLE}")
        expect(tab.locator(".picture[data-drawn]")).to_be_visible(timeout=60_000)
        settle(tab)
        yield tab


def the_digit() -> Tensor:
    return datasets.load(data_sets.default_name()).test.images(torch.tensor([SAMPLE]))


def assert_reads(picture: Locator, network: Classifier) -> None:
    """Compare the answers that the picture shows with PyTorch's."""
    with torch.no_grad():
        expected = network.predict(the_digit())[0].numpy()
    shown = np.array((picture.get_attribute("data-drawn") or "").split(), np.float64)
    assert np.abs(shown - expected).max() < 1e-3


def test_the_page_shows_where_a_number_comes_from(tab: Page) -> None:
    with torch.no_grad():
        maps = checkpoints.load_classifier("standard").activations(the_digit())["conv1"][0]
    number, row, column = (int(at) for at in np.unravel_index(int(maps.argmax()), maps.shape))
    place, value = f"conv1, map {number}, row {row}, column {column}", float(maps.max())
    title, formula = tab.locator(".picture .title"), tab.locator(".picture .formula")
    expect(title).to_have_text(place)
    expect(tab.locator(".picture .value")).to_have_text(f"= {value:.4f}")
    expect(formula).to_contain_text("25 products sum to")
    assert float(formula.inner_text().split("= ")[-1].split(" ")[0]) == pytest.approx(value, abs=CLOSE)
    expect(tab.locator(".picture .grid span")).to_have_count(75)


def test_keys_move_along_the_way_and_zoom(tab: Page) -> None:
    stage, title = tab.locator(".picture .stage"), tab.locator(".picture .title")
    stage.focus()
    before = title.inner_text()
    tab.keyboard.press("ArrowLeft")
    expect(title).not_to_have_text(before)
    expect(tab.locator(".picture .said")).to_contain_text("from 25 values")
    tab.keyboard.press("Shift+ArrowLeft")
    expect(title).to_contain_text("pixels, row")
    for zoom_in in (lambda: tab.keyboard.press("Enter"), lambda: tab.get_by_role("button", name="Zoom in").click()):
        zoom_in()
        expect(tab.locator(".picture.zoomed")).to_be_visible()
        tab.keyboard.press("Escape")
        expect(tab.locator(".picture.zoomed")).to_have_count(0)


def test_an_arrow_stands_between_two_pictures_only(tab: Page) -> None:
    sign, title = tab.locator(".picture .parts > .sign"), tab.locator(".picture .title")
    tab.locator(".picture .stage").focus()
    for _ in range(9):
        tab.keyboard.press("Shift+ArrowLeft")  # to the pixels, which come from nothing
    expect(title).to_contain_text("pixels, row")
    expect(sign).to_be_hidden()
    tab.keyboard.press("Shift+ArrowRight")
    expect(title).to_contain_text("conv1")
    expect(sign).to_be_visible()
    click_on(tab, 0.97, 0.6)  # a class, which has no picture
    expect(title).to_contain_text("the score of")
    expect(sign).to_be_hidden()


def choose_head(tab: Page, title: str) -> None:
    tab.get_by_role("button", name=f"{title}:").click()


def test_another_head_or_inversion_is_read_at_once_as_pytorch_reads_it(tab: Page) -> None:
    picture, sentence = tab.locator(".picture"), tab.locator(".picture .sentence")
    standard, missing = (checkpoints.load_classifier(name) for name in ("standard", "missing-feature"))
    assert_reads(picture, standard)
    tab.get_by_role("button", name="1 − x").click()
    assert_reads(picture, with_inversion(standard, "complement"))
    expect(sentence).to_contain_text("With an inversion added, Standard reads")
    zoom_in = tab.get_by_role("button", name="Zoom in")
    place = zoom_in.bounding_box()
    choose_head(tab, "Missing-feature")
    assert_reads(picture, with_inversion(missing, "identity"))
    expect(sentence).to_contain_text(re.compile(r"^Without the inversion, Missing-feature reads .* Before: "))
    assert zoom_in.bounding_box() == place, "what a button says moves no other one"
    tab.get_by_role("button", name="1 − x").click()
    assert_reads(picture, missing)
    shown = tab.get_by_role("button", name="Missing-feature:").element_handle()
    choose_head(tab, "Standard")
    assert_reads(picture, standard)
    settle(tab)
    assert_reads(picture, standard)  # the server has heard of all this meanwhile
    assert shown.evaluate("button => button.isConnected")  # one that is replaced while it is pressed is not clicked


def click_on(tab: Page, across: float, down: float) -> None:
    """Click on a place of the picture, in shares of its width and height."""
    box = tab.locator(".picture .network").bounding_box()
    assert box is not None
    tab.mouse.click(box["x"] + across * box["width"], box["y"] + down * box["height"])


def chosen_map(tab: Page) -> tuple[str, int]:
    name, number = tab.locator(".picture .title").inner_text().split(",")[:2]
    return name, int(number.split()[-1])


def test_a_click_changes_a_map_or_a_stage_and_the_address_holds_it(tab: Page, chromium: Browser) -> None:
    picture, acts = tab.locator(".picture"), tab.get_by_label("What a click does")
    standard, changes = checkpoints.load_classifier("standard"), []
    for number, change in enumerate(Change):
        acts.select_option(change)
        click_on(tab, 0.44, 0.3 + 0.11 * number)  # in the second convolution
        name, map_number = chosen_map(tab)
        changes.append(MapChange(name, map_number, change, 1.5))
        assert_reads(picture, with_changes(standard, changes))
    acts.select_option("halved")
    click_on(tab, 0.44, 0.01)  # on its name
    changes.append(MapChange("conv2", None, Change.HALVED))
    assert_reads(picture, with_changes(standard, changes))
    expect(tab).to_have_url(re.compile("conv2.all.halved"), timeout=60_000)
    with open_tab(chromium, **LAPTOP) as other:
        other.goto(tab.url)
        expect(other.locator(".picture .sentence")).to_contain_text("With 7 changes, Standard reads", timeout=60_000)
        assert_reads(other.locator(".picture"), with_changes(standard, changes))


def test_the_page_feature_maps_shows_the_same_changes_and_so_does_the_picture_again(tab: Page) -> None:
    shown = tab.locator(".picture").get_attribute("data-drawn")
    open_from_menu(tab, "Feature maps")
    tab.get_by_role("radio", name="Switch off", exact=True).click()
    expect(tab.get_by_text("With all of conv2 and 6 maps changed")).to_be_visible(timeout=60_000)
    open_from_menu(tab, "One window at a time")
    expect(tab.locator(f".picture[data-drawn='{shown}']")).to_be_visible(timeout=60_000)
    settle(tab)


def open_from_menu(tab: Page, title: str) -> None:
    tab.get_by_test_id("stTopNavSection").filter(has_text="Look inside").click()
    tab.get_by_test_id("stTopNavDropdownLink").filter(has_text=title).click()
    settle(tab)


def test_a_map_is_switched_off_and_on_by_keys(tab: Page) -> None:
    picture = tab.locator(".picture")
    standard = checkpoints.load_classifier("standard")
    tab.get_by_role("button", name="Undo all").click()
    assert_reads(picture, standard)
    tab.get_by_label("What a click does").select_option("")
    click_on(tab, 0.44, 0.5)
    name, number = chosen_map(tab)
    tab.keyboard.press("Delete")  # a click gives the focus to the picture's keys
    assert_reads(picture, with_changes(standard, [MapChange(name, number, Change.OFF)]))
    expect(tab.locator(".picture .sentence")).to_contain_text(f"With {name} map {number} switched off, Standard")
    tab.keyboard.press("Delete")
    assert_reads(picture, standard)
    tab.keyboard.press("Shift+Delete")
    assert_reads(picture, with_changes(standard, [MapChange(name, None, Change.OFF)]))
    tab.keyboard.press("Delete")
    expect(tab.locator(".picture .formula")).to_contain_text("stage switched off, then map switched off: 0.0000")
    tab.get_by_role("button", name="Undo all").click()
    assert_reads(picture, standard)
    expect(tab).to_have_url(re.compile("changed=nothing"), timeout=60_000)


def test_nothing_of_this_is_an_error_in_the_console(tab: Page) -> None:
    assert not complaints_of(tab)


@pytest.mark.slow
def test_another_head_may_lack_what_was_chosen_in_the_one_before(server: str, chromium: Browser) -> None:
    with open_tab(chromium, **LAPTOP, reduced_motion="reduce") as tab:
        tab.goto(f"{server}/convolution?sample={SAMPLE}&network=synergy")
        sentence, stage = tab.locator(".picture .sentence"), tab.locator(".picture .stage")
        expect(sentence).to_contain_text("Synergy reads", timeout=60_000)
        settle(tab)
        tab.get_by_role("button", name="Head 2 of 1 − x").click()
        expect(tab.locator(".picture .controls")).to_contain_text("Missing-feature:")
        choose_head(tab, "Standard")
        stage.focus()
        for _ in range(8):
            tab.keyboard.press("Shift+ArrowRight")  # along the way to the score of a class
        settle(tab)
        tab.get_by_label("Network", exact=True).click()
        tab.get_by_role("option", name="Synergy", exact=True).click()
        expect(sentence).to_contain_text("Synergy reads")
        assert_reads(tab.locator(".picture"), checkpoints.load_classifier("synergy"))
        assert not complaints_of(tab)


@pytest.mark.parametrize(
    ("heard", "readers", "shown"),
    [
        (4, ["standard", "missing-feature"], ["missing-feature", 1, 5]),  # an answer to an older message
        (4, ["other", "standard", "missing-feature"], ["missing-feature", 1, 5]),  # at another place of the list
        (5, ["standard", "missing-feature"], ["standard", 0, 5]),  # heard, but a later choice is another
        (4, ["standard"], ["standard", 0, 4]),  # no longer in the list
        (0, ["standard", "missing-feature"], ["standard", 0, 0]),  # another session
    ],
)
def test_the_browser_shows_its_own_choice_only_until_the_server_has_heard_of_it(
    heard: int, readers: list[str], shown: list[object], blank_page: Page
) -> None:
    take = """([heard, names]) => {
        const change = { stage: "conv1", map: 3, change: "off" };
        const picture = { number: 5, heard: 3, choice: { network: "missing-feature", changes: [change] } };
        takeChoices(picture, { heard, network: "standard", changes: [], readers: names.map((name) => ({ name })) });
        return [names[picture.reader], picture.changes.length, picture.number];
    }"""
    assert blank_page.evaluate(take, [heard, readers]) == shown


def test_where_the_link_hides_the_networks_there_is_no_other_head_and_back_undoes_a_change(
    server: str, chromium: Browser
) -> None:
    with open_tab(chromium, **LAPTOP) as tab:
        tab.goto(f"{server}/convolution?view=Whole+network&sample={SAMPLE}&hide=networks,network")
        sentence, stage = tab.locator(".picture .sentence"), tab.locator(".picture .stage")
        expect(sentence).to_contain_text("Standard reads", timeout=60_000)
        settle(tab)
        expect(tab.locator(".picture .controls button[data-name^=head]")).to_have_count(1)
        stage.focus()
        tab.keyboard.press("Delete")
        expect(sentence).to_contain_text("switched off, Standard reads")
        expect(tab).to_have_url(re.compile("conv1.*off"), timeout=60_000)
        tab.go_back()
        expect(sentence).to_have_text(re.compile("^Standard reads"), timeout=60_000)


@pytest.mark.slow
def test_a_choice_whose_message_was_lost_reaches_the_server_after_the_connection_is_back(
    server: str, chromium: Browser
) -> None:
    losing: list[bool] = []

    def connect(page_side: WebSocketRoute) -> None:
        server_side = page_side.connect_to_server()

        def lose_or_send(message: str | bytes) -> None:
            if losing:
                losing.clear()
                page_side.close()
                server_side.close()
            else:
                server_side.send(message)

        page_side.on_message(lose_or_send)

    with open_tab(chromium, **LAPTOP) as tab:
        tab.route_web_socket(re.compile("_stcore/stream"), connect)
        tab.goto(f"{server}/convolution?sample={SAMPLE}")
        expect(tab.locator(".picture[data-drawn]")).to_be_visible(timeout=60_000)
        settle(tab)
        losing.append(True)
        choose_head(tab, "Missing-feature")
        expect(tab).to_have_url(re.compile("network=missing-feature"), timeout=60_000)
        settle(tab)
        assert_reads(tab.locator(".picture"), checkpoints.load_classifier("missing-feature"))


@pytest.mark.slow
def test_weights_that_do_not_arrive_leave_no_other_network_in_the_picture(server: str, chromium: Browser) -> None:
    with open_tab(chromium, **LAPTOP) as tab:
        tab.route("**/_weights/*", lambda route: route.abort())
        tab.goto(f"{server}/convolution?sample={SAMPLE}")
        expect(tab.locator(".picture .sentence")).to_contain_text("did not arrive", timeout=60_000)
        expect(tab.locator(".picture .stage")).to_be_hidden()


@pytest.mark.slow
def test_a_change_holds_for_what_the_picture_shows_after_a_batch_norm(server: str, chromium: Browser) -> None:
    with open_tab(chromium, **LAPTOP) as tab:
        tab.goto(f"{server}/convolution?sample={SAMPLE}&network=fast")
        expect(tab.locator(".picture .sentence")).to_contain_text("reads", timeout=60_000)
        settle(tab)
        _, number = chosen_map(tab)
        tab.locator(".picture .stage").focus()
        tab.keyboard.press("Delete")
        fast = checkpoints.load_classifier("fast")
        assert_reads(tab.locator(".picture"), with_changes(fast, [MapChange("relu1", number, Change.OFF)]))
        expect(tab.locator(".picture .formula")).to_contain_text("→ switched off: 0.0000")


@pytest.mark.slow
@pytest.mark.parametrize("size", [(1366, 768), (910, 512)])
@pytest.mark.parametrize("network", ["standard", "fast", "synergy", "local-dense"])
def test_answers_and_numbers_stand_on_the_first_screen(
    network: str, size: tuple[int, int], server: str, chromium: Browser
) -> None:
    width, height = size
    with open_tab(chromium, viewport={"width": width, "height": height}) as tab:
        tab.goto(f"{server}/convolution?sample={SAMPLE}&network={network}")
        expect(tab.locator(".picture[data-drawn]")).to_be_visible(timeout=60_000)
        settle(tab)
        for part in ("whole", "grids", "formula"):
            box = tab.locator(f".picture .{part}").bounding_box()
            assert box is not None and box["y"] + box["height"] <= height, part


def test_the_picture_follows_a_stroke_before_the_server_hears_of_it(server: str, chromium: Browser) -> None:
    messages: list[object] = []
    with open_tab(chromium, **LAPTOP) as tab:
        tab.on("websocket", lambda socket: socket.on("framesent", lambda one: messages.append(one)))
        tab.goto(f"{server}/convolution?sample={SAMPLE}")
        picture = tab.locator(".picture[data-drawn]")
        expect(picture).to_be_visible(timeout=60_000)
        tab.get_by_role("radio", name="Draw", exact=True).click()
        canvas = drawing_canvas(tab)
        draw_strokes(tab, canvas, SEVEN)
        settle(tab)
        expect(picture).to_be_visible(timeout=60_000)
        before, count = picture.get_attribute("data-drawn") or "", len(messages)
        box = canvas.bounding_box()
        assert box is not None
        tab.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.5 * box["height"])
        tab.mouse.down()
        tab.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.5 * box["height"], steps=8)
        expect(picture).not_to_have_attribute("data-drawn", before)
        assert len(messages) == count
        tab.mouse.up()
        settle(tab)
        assert len(messages) > count and not complaints_of(tab)
