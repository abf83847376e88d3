"""Maps that the browser changes are changed as in PyTorch, and what a click or a brush changes."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import Browser, Page

from core.feature_maps.changed_maps import Change, MapChange, with_changes
from core.inversion.functions import with_inversion
from core.maximization.stage_outputs import LOGITS, stage_shapes
from core.networks.architectures import ARCHITECTURES
from core.networks.classifier import Classifier, build
from core.zoo import checkpoints
from core.zoo.browser_layers import list_features, list_head
from dashboard.components.forward import CHANGES, SCRIPT
from dashboard.widgets.map_changes import MAX_CHANGES
from tests.forward_pass import UNUSUAL, encode, to_message, with_statistics

pytestmark = pytest.mark.browser
CLOSE = 1e-3  # in each probability
STRENGTH = 1.75
READ = """({ features, head, digit, changed }) => {
    const decode = (text) => new Float32Array(Uint8Array.from(atob(text), (one) => one.charCodeAt(0)).buffer);
    const open = ({ layers, weights }) => ({ layers, weights: holdWeights(decode(weights).buffer) });
    const lists = [open(features), open(head)], input = toInput(decode(digit));
    const run = (changes) => lists.reduce((value, list) =>
        computeLayers(list, value, (layer, output) => changeOutput(changes, layer, output)).at(-1), input);
    return changed.map((changes) => Array.from(softmax(run(changes))));
}"""


@pytest.fixture(scope="module")
def blank_page(chromium: Browser) -> Iterator[Page]:
    page = chromium.new_page()
    page.add_script_tag(content=f"{SCRIPT}\n{CHANGES}")
    yield page
    page.close()


def read_in_browser(page: Page, network: Classifier, digit: torch.Tensor, changed: list[list[MapChange]]) -> Any:
    message = {"features": to_message(list_features(network)), "head": to_message(list_head(network))}
    lists = [[asdict(one) for one in changes] for changes in changed]
    return page.evaluate(READ, {**message, "digit": encode(digit.numpy().tobytes()), "changed": lists})


def a_digit() -> torch.Tensor:
    return torch.rand(1, 28, 28, generator=torch.Generator().manual_seed(3))


def every_change(network: Classifier) -> list[list[MapChange]]:
    """Return each change of a map and of all maps of each stage alone, and all changes of single maps together."""
    numbers = {stage: maps // 2 for stage, (maps, _, _) in stage_shapes(network).items() if stage != LOGITS}
    single = [MapChange(stage, number, one, STRENGTH) for stage, number in numbers.items() for one in Change]
    whole = [MapChange(stage, None, one, STRENGTH) for stage in numbers for one in Change]
    return [*([one] for one in (*single, *whole)), single]


@torch.no_grad()
def assert_agree(page: Page, network: Classifier) -> None:
    changed = every_change(network)
    expected = [with_changes(network, changes).predict(a_digit()[None])[0].numpy() for changes in changed]
    found = np.array(read_in_browser(page, network, a_digit(), changed))
    assert np.abs(found - expected).max() < CLOSE
    assert len(np.unique(found.round(6), axis=0)) > len(Change)


@pytest.mark.parametrize("name", ["published", "small, batch norm", "LeNet-5", "dense", "unusual"])
def test_every_change_of_every_stage_is_that_of_pytorch(name: str, blank_page: Page) -> None:
    assert_agree(blank_page, with_statistics(build(ARCHITECTURES.get(name, UNUSUAL))))


@pytest.mark.parametrize("name", ["missing-feature", "synergy"])
def test_inverted_features_are_changed_map_by_map(name: str, blank_page: Page) -> None:
    assert_agree(blank_page, checkpoints.load_classifier(name))


def test_maps_that_a_network_lacks_change_nothing(blank_page: Page) -> None:
    network = with_inversion(build(ARCHITECTURES["small"]), "complement").eval()
    foreign = [MapChange("conv1", 8, Change.OFF), MapChange("conv9", None, Change.OFF)]
    untouched, found = read_in_browser(blank_page, network, a_digit(), [[], foreign])
    assert found == untouched


def test_a_brush_changes_all_maps_that_it_crosses_and_takes_them_back(blank_page: Page) -> None:
    def after(*clicked: tuple[int | None, str]) -> str:
        message = [{"stage": "relu2", "map": number, "change": change} for number, change in clicked]
        found = blank_page.evaluate("([before, clicked]) => withSwitched(before, clicked)", [before, message])
        return ",".join(f"{one['stage']}.{one['map']}.{one['change']}" for one in found)

    before = [asdict(MapChange("relu2", 5, Change.DOUBLED)), asdict(MapChange("conv1", 5, Change.OFF))]
    assert after((4, "off"), (5, "off"), (6, "off")) == "conv1.5.off,relu2.4.off,relu2.5.off,relu2.6.off"
    assert after((5, "doubled"), (6, "doubled")) == "conv1.5.off", "the first one is doubled already"
    assert after((None, "mean")) == "relu2.5.doubled,conv1.5.off,relu2.None.mean"
    every = after(*((number, "off") for number in range(MAX_CHANGES))).split(",")
    assert len(every) == MAX_CHANGES and every[0] == "relu2.0.off", "the oldest one is forgotten"
