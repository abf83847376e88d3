"""The browser's forward pass is PyTorch's: every shipped classifier, and every architecture that one can train."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page
from torch import nn
from wasmtime import wat2wasm

from core.digits.drawing import prepare_strokes
from core.inversion.functions import INVERSIONS, Invert, TwoHeads, to_single_stage, with_inversion
from core.networks.architectures import ACTIVATIONS, ARCHITECTURES, Architecture, Stage
from core.networks.classifier import Classifier, build
from core.zoo import checkpoints
from core.zoo.browser_layers import LayerError, list_features, list_head
from core.zoo.recipes import list_zoo
from dashboard.components import forward
from tests.forward_pass import UNUSUAL, encode, to_message, with_statistics
from tests.sample_digits import real_set

CLOSE = 1e-3  # in each probability
SHIPPED = sorted(name for name, card in list_zoo()[0].items() if not card.restores)
READ = """({ features, head, digits, key }) => {
    const decode = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0)).buffer;
    const open = ({ layers, weights }) => ({ layers, weights: holdWeights(decode(weights)) });
    const lastOf = (list) => list[list.length - 1];
    const pixels = new Float32Array(decode(digits)), body = open(features), top = open(head);
    window.vectors ??= {};
    vectors[key] ??= Array.from({ length: pixels.length / 784 }, (_, i) =>
        lastOf(computeLayers(body, toInput(pixels.subarray(784 * i, 784 * (i + 1))))));
    return vectors[key].map((vector) => Array.from(softmax(lastOf(computeLayers(top, vector)))));
}"""


@pytest.fixture(scope="module")
def blank_page(chromium: Browser) -> Iterator[Page]:
    page = chromium.new_page()
    page.add_script_tag(content=forward.SCRIPT)
    yield page
    page.close()


def read_in_browser(page: Page, network: Classifier, digits: NDArray[np.float32]) -> NDArray[np.float64]:
    features, head = list_features(network), list_head(network)
    message = {"features": to_message(features), "head": to_message(head), "digits": encode(digits.tobytes())}
    return np.array(page.evaluate(READ, {**message, "key": f"{features.sha256} {digits.sum()}"}))


@torch.no_grad()
def assert_agree(page: Page, network: Classifier, digits: NDArray[np.float32]) -> float:
    """Compare probabilities and labels; return the share of digits whose first class is clear, so that it is one."""
    expected = network.predict(torch.from_numpy(digits)[:, None]).numpy()
    found = read_in_browser(page, network, digits)
    assert np.abs(found - expected).max() < CLOSE
    top = np.sort(expected, axis=1)
    clear = top[:, -1] - top[:, -2] > CLOSE
    assert (found.argmax(1) == expected.argmax(1))[clear].all()
    return float(clear.mean())


@cache
def digits_to_read(real: int, drawn: int) -> NDArray[np.float32]:
    """Return real test digits and drawn strokes; of every second one of both a part is erased."""
    strokes = np.stack([prepare_strokes(draw_line(seed)).digit for seed in range(drawn)])
    digits = np.concatenate([real_set().test.first(real).images().numpy()[:, 0], strokes])
    digits[::2, 7:13, 5:20] = 0
    return digits


def draw_line(seed: int) -> NDArray[np.uint8]:
    """Return the ink of a line with a few corners on a canvas."""
    chance, picture = np.random.default_rng(seed), Image.new("L", (280, 280))
    ImageDraw.Draw(picture).line(chance.integers(30, 250, (4, 2)).ravel().tolist(), 255, 22, "curve")
    return np.asarray(picture)


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.mnist
@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_network_reads_the_same_in_the_browser(name: str, blank_page: Page) -> None:
    assert assert_agree(blank_page, checkpoints.load_classifier(name), digits_to_read(1000, 200)) > 0.99


@pytest.mark.browser
@pytest.mark.parametrize("name", [*ARCHITECTURES, "unusual"])
def test_an_architecture_computes_the_same_in_the_browser(name: str, blank_page: Page) -> None:
    network = with_statistics(build(ARCHITECTURES.get(name, UNUSUAL)))
    assert_agree(blank_page, network, digits_to_read(4, 4))


@pytest.mark.browser
def test_windows_that_do_not_fit_into_the_memory_at_once_are_multiplied_in_parts(blank_page: Page) -> None:
    edges = [Stage("conv", filters=filters, size=1, padding=8) for filters in (1, 64)]
    large = Architecture("large windows", (*edges, Stage("conv", filters=2, size=28, stride=2, padding=8)))
    assert_agree(blank_page, build(large).eval(), digits_to_read(1, 1))


@pytest.mark.browser
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_an_activation_computes_the_same_in_the_browser(activation: str, blank_page: Page) -> None:
    network = build(ARCHITECTURES["small"].with_activation(activation)).eval()
    assert_agree(blank_page, network, digits_to_read(4, 4))


@pytest.mark.browser
@pytest.mark.parametrize("inversion", [name for name in INVERSIONS if name != "both"])
def test_an_inversion_computes_the_same_in_the_browser(inversion: str, blank_page: Page) -> None:
    assert_agree(blank_page, with_inversion(build(ARCHITECTURES["small"]), inversion).eval(), digits_to_read(4, 4))


@pytest.mark.browser
def test_two_heads_compute_the_same_in_the_browser(blank_page: Page) -> None:
    one, other = (build(ARCHITECTURES["small"], seed=seed) for seed in range(2))
    heads = to_single_stage(TwoHeads(one.head, other.head, omega=0.3))
    assert_agree(blank_page, Classifier(one.features, heads, Invert("identity")).eval(), digits_to_read(4, 4))


def test_networks_that_share_their_features_send_them_once() -> None:
    standard, missing = (checkpoints.load_classifier(name) for name in ("standard", "missing-feature"))
    assert list_features(standard).sha256 == list_features(missing).sha256
    assert list_head(standard).sha256 != list_head(missing).sha256


def test_the_default_networks_weigh_less_than_four_megabytes() -> None:
    found = [checkpoints.load_classifier(name) for name in ("standard", "missing-feature")]
    parts = {one.sha256: len(one.weights) for network in found for one in (list_features(network), list_head(network))}
    assert sum(parts.values()) < 4e6


def test_what_browsers_run_is_what_its_source_says() -> None:
    folder = Path(forward.__file__).parent
    assert (folder / "multiply.wasm").read_bytes() == wat2wasm((folder / "multiply.wat").read_text("utf-8"))


@pytest.mark.parametrize(
    ("stage", "reason"),
    [
        (nn.Softplus(), "stage 'Softplus'"),
        (nn.Conv2d(1, 2, (3, 5)), "square convolutions"),
        (nn.Conv2d(2, 2, 3, groups=2), "without groups"),
        (nn.MaxPool2d(3, stride=2), "side by side"),
    ],
)
def test_a_stage_that_the_browser_cannot_compute_is_refused(stage: nn.Module, reason: str) -> None:
    with pytest.raises(LayerError, match=reason):
        list_features(Classifier(nn.Sequential(stage), nn.Sequential(nn.Linear(1, 10))))
