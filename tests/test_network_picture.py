"""The picture of a whole network: its numbers are PyTorch's, and what is switched in it is computed in the browser."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import Browser, Locator, Page, expect
from torch import Tensor

from core.convolution.explanations import explain_value
from core.convolution.trace import trace_stages
from core.convolution.window import Window
from core.digits import datasets
from core.feature_maps.changed_maps import Change, MapChange, with_changes
from core.inversion.functions import with_inversion
from core.inversion.map_atlas import receptive_field
from core.networks.architectures import ARCHITECTURES
from core.networks.classifier import Classifier, build
from core.zoo import checkpoints
from core.zoo.browser_layers import list_features, list_head
from dashboard.components import network_picture
from dashboard.components.forward import SCRIPT
from dashboard.server import data_sets
from tests.browser import LAPTOP, SEVEN, complaints_of, draw_strokes, drawing_canvas, open_tab, settle
from tests.forward_pass import UNUSUAL, encode, to_message, with_statistics

pytestmark = pytest.mark.browser
CLOSE = 1e-4
PARTS = Path(network_picture.__file__).parent
SAMPLE = 18

# Explain the values in the middle of each stage, and say what the last one with maps reads of the pixels.
READ = """({ features, head, digit }) => {
    const decode = (text) => new Float32Array(Uint8Array.from(atob(text), (one) => one.charCodeAt(0)).buffer);
    const open = ({ layers, weights }) => ({ layers, weights: holdWeights(decode(weights).buffer) });
    const lists = [open(features), open(head)], input = toInput(decode(digit));
    const outputs = computeLayers(lists[0], input);
    outputs.push(...computeLayers(lists[1], outputs.at(-1)));
    const columns = toColumns(lists.flatMap(({ layers, weights }) => layers.map((layer) => ({ layer, weights }))));
    fill(columns, input, outputs);
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
    page.add_script_tag(
        content="\n".join([SCRIPT, *((PARTS / name).read_text("utf-8") for name in ("explain.js", "layout.js"))])
    )
    yield page
    page.close()


def explain_in_browser(page: Page, network: Classifier, image: Tensor) -> list[dict[str, Any]]:
    message = {"features": to_message(list_features(network)), "head": to_message(list_head(network))}
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
    expect(title).to_have_text(f"{place} = {value:.4f}")
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
    tab.keyboard.press("Enter")
    expect(tab.locator(".picture.zoomed")).to_be_visible()
    tab.keyboard.press("Escape")
    expect(tab.locator(".picture.zoomed")).to_have_count(0)


def test_what_is_switched_is_read_at_once_as_pytorch_reads_it(tab: Page) -> None:
    picture, sentence = tab.locator(".picture"), tab.locator(".picture .sentence")
    standard, missing = (checkpoints.load_classifier(name) for name in ("standard", "missing-feature"))
    assert_reads(picture, standard)
    tab.get_by_role("button", name="1 − x").click()
    assert_reads(picture, with_inversion(standard, "complement"))
    expect(sentence).to_contain_text("With 1 − x before the head, Standard reads")
    tab.get_by_role("button", name="Missing-feature").click()
    assert_reads(picture, missing)
    tab.get_by_role("button", name="1 − x").click()
    assert_reads(picture, with_inversion(missing, "identity"))
    tab.get_by_role("button", name="Standard").click()
    assert_reads(picture, standard)


def test_a_map_is_switched_off_and_on(tab: Page) -> None:
    picture = tab.locator(".picture")
    standard = checkpoints.load_classifier("standard")
    box = tab.locator(".picture .network").bounding_box()
    assert box is not None
    for share in (0.5, 0.52):  # in the second convolution, where a tile ends or another begins
        tab.mouse.click(box["x"] + 0.44 * box["width"], box["y"] + share * box["height"])
    expect(tab.locator(".picture .title")).to_contain_text("conv2")
    name, number = tab.locator(".picture .title").inner_text().split(",")[:2]
    tab.keyboard.press("Delete")  # a click gives the focus to the picture's keys
    assert_reads(picture, with_changes(standard, [MapChange(name, int(number.split()[-1]), Change.OFF)]))
    expect(tab.locator(".picture .sentence")).to_contain_text("With 1 part switched off")
    tab.get_by_role("button", name="Switch all on").click()
    assert_reads(picture, standard)


def test_nothing_of_this_is_an_error_in_the_console(tab: Page) -> None:
    assert not complaints_of(tab)


@pytest.mark.slow
def test_another_head_may_lack_what_was_chosen_in_the_one_before(server: str, chromium: Browser) -> None:
    with open_tab(chromium, **LAPTOP, reduced_motion="reduce") as tab:
        tab.goto(f"{server}/convolution?sample={SAMPLE}&network=synergy")
        sentence, stage = tab.locator(".picture .sentence"), tab.locator(".picture .stage")
        expect(sentence).to_contain_text("Synergy reads", timeout=60_000)
        settle(tab)
        tab.get_by_role("button", name="Standard", exact=True).click()
        stage.focus()
        for _ in range(8):
            tab.keyboard.press("Shift+ArrowRight")  # along the way to the score of a class
        tab.get_by_role("button", name="Synergy", exact=True).click()
        expect(sentence).to_contain_text("Synergy reads")
        assert_reads(tab.locator(".picture"), checkpoints.load_classifier("synergy"))
        assert not complaints_of(tab)


@pytest.mark.slow
def test_weights_that_do_not_arrive_leave_no_other_network_in_the_picture(server: str, chromium: Browser) -> None:
    with open_tab(chromium, **LAPTOP) as tab:
        tab.route("**/_weights/*", lambda route: route.abort())
        tab.goto(f"{server}/convolution?sample={SAMPLE}")
        expect(tab.locator(".picture .sentence")).to_contain_text("did not arrive", timeout=60_000)
        expect(tab.locator(".picture .stage")).to_be_hidden()


@pytest.mark.slow
def test_a_map_that_is_off_is_off_before_its_batch_norm(server: str, chromium: Browser) -> None:
    with open_tab(chromium, **LAPTOP) as tab:
        tab.goto(f"{server}/convolution?sample={SAMPLE}&network=fast")
        expect(tab.locator(".picture .sentence")).to_contain_text("reads", timeout=60_000)
        settle(tab)
        name, number = tab.locator(".picture .title").inner_text().split(",")[:2]
        tab.locator(".picture .stage").focus()
        tab.keyboard.press("Delete")
        changes = [MapChange(name, int(number.split()[-1]), Change.OFF)]
        assert_reads(tab.locator(".picture"), with_changes(checkpoints.load_classifier("fast"), changes))
        expect(tab.locator(".picture .formula")).to_contain_text("switched off: 0")


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
