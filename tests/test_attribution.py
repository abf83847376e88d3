"""Where networks look, held against the papers' procedures written out; hooks, threads and errors."""

import threading
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import conv_transpose2d, max_pool2d, max_unpool2d

from core.attribution.deconvnet import map_stages, project_strongest
from core.attribution.methods import METHODS, SQUARE, AttributionError, attribute, name_strongest_place
from core.inversion.functions import Invert, with_inversion
from core.inversion.map_atlas import last_maps
from core.networks.architectures import ARCHITECTURES
from core.networks.classifier import STD, Classifier, Normalize, build
from core.zoo.checkpoints import load_classifier
from tests.hooks import count_hooks
from tests.sample_digits import real_set

RECTIFIED = ("standard", "missing-feature", "missing-no-reset", "control", "assignment", "robust", "local-conv")
STANDARD = load_classifier("standard")
DIGITS = real_set().test


def digit(index: int) -> Tensor:
    return DIGITS.images(slice(index, index + 1))[0]


def uneven(index: int) -> Tensor:
    """A digit without two equal pixels: in even ink two places of a pooling tie, and rounding chooses the switch."""
    noise = torch.rand(1, 28, 28, generator=torch.Generator().manual_seed(index))
    return (0.9 * digit(index) + 0.05 * noise).clamp(0, 1)


def read(network: Classifier, image: Tensor) -> int:
    return int(network(image[None]).argmax())


# The paper's deconvnet, step by step


def go_down(network: Classifier, image: Tensor, signal: Tensor, start: str) -> Tensor:
    """Send a signal at the output of a stage down to the pixels, as Zeiler and Fergus do."""
    way: list[tuple[nn.Module, Tensor]] = []
    output = image[None]
    for name, stage in network.stages():
        way.append((stage, output))
        output = stage(output)
        if name == start:
            break
    for stage, given in reversed(way):
        signal = _undo(stage, given, signal)
    return signal[0, 0]


def _undo(stage: nn.Module, given: Tensor, signal: Tensor) -> Tensor:
    match stage:
        case nn.ReLU():
            return signal.clamp(min=0)  # rectified on the way down, whatever was on the way up
        case nn.MaxPool2d():
            size = stage.kernel_size
            _, switches = max_pool2d(given, size, return_indices=True)
            return max_unpool2d(signal, switches, size, output_size=given.shape)
        case nn.Conv2d():
            return conv_transpose2d(signal, stage.weight, padding=stage.padding)
        case nn.Linear():
            return signal @ stage.weight
        case nn.Flatten():
            return signal.reshape(given.shape)
        case Invert(name="complement"):
            return -signal
        case Normalize():
            return signal / STD
        case nn.Identity() | Invert(name="identity"):
            return signal
    raise AssertionError(f"The paper knows no {stage}.")


@pytest.mark.parametrize("name", RECTIFIED)
def test_c12_the_deconvnet_of_a_class_is_the_papers_way_down(name: str) -> None:
    network, image = load_classifier(name), uneven(15)
    for label in (read(network, image), 8):
        signal = torch.eye(10)[label : label + 1]
        expected = go_down(network, image, signal, network.stages()[-1][0])
        found = attribute(network, image, label, "deconvnet")
        assert found.abs().max() > 0.01 and torch.allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("name", RECTIFIED)
def test_c12_the_deconvnet_of_a_map_starts_at_its_strongest_place_alone(name: str) -> None:
    network, image = load_classifier(name), uneven(8)
    for stage in map_stages(network):
        maps = network.activations(image[None])[stage]
        first, *others = project_strongest(network, image, stage)
        assert all(first.strength >= other.strength for other in others)
        for one in (first, *others[-1:]):
            assert one.strength == float(maps[0, one.map].max()) == float(maps[0, one.map][one.place])
            signal = torch.zeros_like(maps)
            signal[0, one.map][one.place] = one.strength
            assert torch.allclose(one.pixels, go_down(network, image, signal, stage), atol=1e-4)


def test_c12_a_deconvnet_differs_from_the_slope_only_by_its_relus() -> None:
    """On a network without ReLUs both are the same."""
    network = build(ARCHITECTURES["one conv"])
    network.features = nn.Sequential(*(s for s in network.features if not isinstance(s, nn.ReLU)))
    image = digit(3)
    assert torch.allclose(attribute(network, image, 4, "deconvnet"), attribute(network, image, 4, "saliency"))
    assert not torch.allclose(attribute(STANDARD, image, 4, "deconvnet"), attribute(STANDARD, image, 4, "saliency"))


def test_maps_that_are_not_excited_are_left_out() -> None:
    blank = torch.zeros(1, 28, 28)
    found = project_strongest(STANDARD, blank, "relu2")
    assert all(one.strength > 0 for one in found)
    assert len(found) == min(12, int((last_maps(STANDARD, blank[None])[0].amax((1, 2)) > 0).sum()))


# The other methods


def slope(network: Classifier, image: Tensor, label: int) -> Tensor:
    pixels = image[None].clone().requires_grad_()
    return torch.autograd.grad(network(pixels)[0, label], pixels)[0][0, 0]


def test_saliency_is_the_slope_of_the_score_with_its_sign() -> None:
    image = digit(4)
    found = attribute(STANDARD, image, 4, "saliency")
    assert torch.allclose(found, slope(STANDARD, image, 4), atol=1e-6) and found.min() < 0 < found.max()


@pytest.mark.parametrize("name", ["standard", "missing-feature", "assignment", "synergy"])
def test_integrated_gradients_sum_to_what_the_score_gained_over_blank_paper(name: str) -> None:
    network, image = load_classifier(name), digit(2)
    for label in (read(network, image), 7):
        found = attribute(network, image, label, "integrated")
        gained = network(image[None])[0, label] - network(torch.zeros(1, 1, 28, 28))[0, label]
        assert float(found.sum()) == pytest.approx(float(gained), abs=0.15)
        assert not found[image[0] == 0].any()


def test_grad_cam_weighs_the_last_maps_by_the_mean_slope_and_lays_them_where_they_see() -> None:
    image, label = digit(1), 2
    maps = last_maps(STANDARD, image[None]).detach().requires_grad_()
    score = STANDARD.head(STANDARD.inversion(maps.flatten(1)))[0, label]
    weights = torch.autograd.grad(score, maps)[0].mean((2, 3), keepdim=True)
    places = (weights * maps).sum(1)[0].detach()
    found = attribute(STANDARD, image, label, "grad-cam")
    assert found.shape == (28, 28) and found.max() <= places.max() + 1e-5 and found.min() >= places.min() - 1e-5
    row, column = divmod(int(found.argmax()), 28)  # of the strongest place, the 16 pixels that it sees begin at 4 times
    top, left = (4 * at for at in divmod(int(places.argmax()), 4))
    assert top <= row < top + 16 and left <= column < left + 16


def test_occlusion_is_what_the_score_loses_on_average_over_all_squares_that_cover_a_pixel() -> None:
    image, label = digit(6), 4
    lost, covered = torch.zeros(28, 28), torch.zeros(28, 28)
    before = STANDARD(image[None])[0, label]
    for top in range(28 - SQUARE + 1):
        for left in range(28 - SQUARE + 1):
            here = slice(top, top + SQUARE), slice(left, left + SQUARE)
            hidden = image.clone()
            hidden[0][here] = 0
            lost[here] += before - STANDARD(hidden[None])[0, label]
            covered[here] += 1
    assert torch.allclose(attribute(STANDARD, image, label, "occlusion"), lost / covered, atol=1e-3)


@pytest.mark.parametrize("method", METHODS)
def test_a_score_that_no_pixel_changes_is_nobodys_merit(method: str) -> None:
    network = build(ARCHITECTURES["published"])
    with torch.no_grad():
        network.head[-1].weight.zero_()
    assert not attribute(network, digit(0), 3, method).any()


# What makes no sense


def test_other_activations_than_relu_have_no_deconvnet_but_a_slope() -> None:
    network = build(ARCHITECTURES["published"].with_activation("tanh"))
    with pytest.raises(AttributionError, match="other activations than ReLU"):
        attribute(network, digit(0), 3, "deconvnet")
    with pytest.raises(AttributionError, match="other activations than ReLU"):
        project_strongest(network, digit(0), "conv2")
    assert attribute(network, digit(0), 3, "saliency").any()


def test_a_network_without_maps_has_no_grad_cam_and_no_stages() -> None:
    network = build(ARCHITECTURES["dense"])
    assert map_stages(network) == []
    with pytest.raises(AttributionError, match="has none"):
        attribute(network, digit(0), 3, "grad-cam")
    with pytest.raises(AttributionError, match="no feature maps"):
        project_strongest(network, digit(0), "relu1")


@pytest.mark.parametrize(("row", "column", "named"), [(2, 3, "upper left"), (14, 14, "centre"), (26, 13, "bottom")])
def test_the_strongest_place_is_where_the_score_is_raised_most(row: int, column: int, named: str) -> None:
    attribution = torch.full((28, 28), 0.001)
    attribution[row, column], attribution[10, 26] = 2.0, -5.0
    assert name_strongest_place(attribution) == named


def test_a_map_that_raises_nothing_has_no_strongest_place() -> None:
    assert name_strongest_place(torch.zeros(28, 28)) == ""
    assert name_strongest_place(-torch.ones(28, 28)) == ""


def test_unknown_methods_and_classes_are_refused_with_a_sentence() -> None:
    with pytest.raises(ValueError, match="no method called 'gradients'"):
        attribute(STANDARD, digit(0), 3, "gradients")
    with pytest.raises(ValueError, match="0 to 9, not 10"):
        attribute(STANDARD, digit(0), 10, "saliency")


# Shared networks


@pytest.mark.parametrize("method", METHODS)
def test_nothing_is_left_on_a_shared_network(method: str) -> None:
    network, image = load_classifier("missing-feature"), digit(5)
    state = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    with torch.no_grad():  # as in a page that reads
        attribute(network, image, 1, method)
    assert count_hooks(network) == 0 and not image.requires_grad and image.grad is None
    assert all(torch.equal(state[name], tensor) for name, tensor in network.state_dict().items())
    assert not any(one.requires_grad or one.grad is not None for one in network.parameters())


class Breaking(nn.ReLU):
    """Works a few times, then raises: in the middle of a method, when its hooks hang everywhere."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.left = [times]

    def forward(self, images: Tensor) -> Tensor:
        self.left[0] -= 1
        if self.left[0] < 0:
            raise RuntimeError("out of memory")
        return super().forward(images)


@pytest.mark.parametrize("method", METHODS)
def test_an_error_in_the_middle_leaves_nothing_on_a_shared_network(method: str) -> None:
    network = load_classifier("standard")
    network.head.fc_relu1 = Breaking(times=1)
    with pytest.raises(RuntimeError, match="out of memory"):
        attribute(network, digit(5), 1, method)
    assert count_hooks(network) == 0
    network.head.fc_relu1 = nn.ReLU()
    assert torch.equal(network(digit(5)[None]), STANDARD(digit(5)[None]))
    with pytest.raises(RuntimeError, match="out of memory"):
        network.features.relu2 = Breaking(times=1)
        project_strongest(network, digit(5), "relu2")
    assert count_hooks(network) == 0


@pytest.mark.slow
def test_visitors_at_once_never_disturb_each_other() -> None:
    """Shared features, different digits, methods and classes, and somebody who only reads."""
    networks = [STANDARD, with_inversion(STANDARD, "complement")]
    tasks: list[Callable[[], Tensor]] = []
    for index in range(4):
        for method in METHODS:
            tasks.append(lambda i=index, m=method: attribute(networks[i % 2], digit(i), i, m))
        tasks.append(lambda i=index: STANDARD(digit(i)[None]))
        tasks.append(lambda i=index: project_strongest(STANDARD, digit(i), "relu2")[0].pixels)
    alone = [task() for task in tasks]
    found: dict[tuple[int, int], Tensor] = {}

    def visit(number: int) -> None:
        for place in range(len(tasks)):
            chosen = (place + number * 7) % len(tasks)
            found[number, chosen] = tasks[chosen]()

    visitors = [threading.Thread(target=visit, args=(number,)) for number in range(4)]
    for one in visitors:
        one.start()
    for one in visitors:
        one.join()
    assert len(found) == 4 * len(tasks)
    assert all(torch.allclose(value, alone[chosen], atol=1e-5) for (_, chosen), value in found.items())
    assert count_hooks(STANDARD) == 0
