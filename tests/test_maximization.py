"""What activates a neuron: objectives, parameterizations, regularizers and the loop, on the network of A3."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from core.maximization.loop import PRESETS, MaximizationConfig, MaximizationStep, maximize
from core.maximization.objectives import ClassLogit, MapMean, Neuron, Objective
from core.maximization.parameterizations import Phase, make_parameterization, mean_magnitude
from core.maximization.regularizers import blur, blur_sigma, divide_by_deviation, l1_gradient, variation_gradient
from core.maximization.stage_outputs import stage_outputs
from core.maximization.top_digits import feature_map, find_filter, find_top_digits
from core.networks.architectures import ARCHITECTURES
from core.networks.classifier import build
from core.zoo.checkpoints import load_classifier
from tests.sample_digits import made_digits

ASSIGNMENT = load_classifier("assignment")
SHORT = MaximizationConfig(steps=12)
EVERY_WAY = {
    "growing": SHORT,
    "shrinking": replace(SHORT, blur="shrinking"),
    "trembling": replace(SHORT, jitter=2, ink=0.3, variation=0.2),
    "frequencies": replace(SHORT, parameterization="fourier"),
    "phases": replace(PRESETS["magnitude-constrained"], steps=12),
}
MAGNITUDE = mean_magnitude(made_digits(200))


def climb(objective: Objective, config: MaximizationConfig = SHORT, **options) -> list[MaximizationStep]:
    return list(maximize(options.pop("network", ASSIGNMENT), objective, config, magnitude=MAGNITUDE, **options))


def weights(network) -> list[torch.Tensor]:
    return [tensor.clone() for tensor in network.state_dict().values()]


# Regularizers


def test_n2_the_blur_grows_as_the_assignment_says_or_shrinks():
    growing = [blur_sigma("growing", step, 200, 4.0) for step in (1, 100, 200)]
    assert growing == pytest.approx([4 / 200.5, 400 / 200.5, 800 / 200.5])
    assert blur_sigma("shrinking", 1, 200, 4.0) == growing[2] and blur_sigma("shrinking", 200, 200, 4.0) == growing[0]
    assert blur_sigma("none", 7, 200, 4.0) == 0


@pytest.mark.parametrize("sigma", [0.02, 0.7, 2.0, 3.99])
def test_n2_the_blur_is_scipy_s_gaussian(sigma):
    pictures = torch.randn(3, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    expected = np.stack([gaussian_filter(picture[0].numpy(), sigma, truncate=6.5) for picture in pictures])
    assert np.allclose(blur(pictures, sigma)[:, 0].numpy(), expected, atol=1e-6)


def test_n3_every_picture_is_divided_by_its_own_standard_deviation():
    pictures = torch.randn(3, 1, 28, 28) * torch.tensor([1e-6, 1.0, 50.0])[:, None, None, None]
    assert torch.allclose(divide_by_deviation(pictures).std((1, 2, 3)), torch.ones(3))
    assert torch.equal(divide_by_deviation(torch.zeros(2, 1, 28, 28)), torch.zeros(2, 1, 28, 28))


@pytest.mark.parametrize("slope", [l1_gradient, variation_gradient])
def test_the_penalties_slopes_are_those_of_what_they_punish(slope):
    images = torch.rand(2, 1, 28, 28, dtype=torch.float64, requires_grad=True)
    differences = images.diff(dim=2).abs().sum() + images.diff(dim=3).abs().sum()
    (expected,) = torch.autograd.grad(images.sum() if slope is l1_gradient else differences, images)
    assert torch.equal(slope(images.detach()), expected)


def test_ink_costs_ink_and_variation_costs_variation():
    plain, thrifty, calm = (
        climb(ClassLogit(range(10)), replace(SHORT, steps=40, blur="none", step_size=0.02, **changes))[-1].images
        for changes in ({}, {"ink": 1.0}, {"variation": 1.0})
    )
    assert thrifty.sum() < 0.7 * plain.sum()
    assert calm.diff(dim=3).abs().sum() < 0.5 * plain.diff(dim=3).abs().sum()


# Parameterizations


@pytest.mark.parametrize("name", ["pixels", "fourier"])
def test_a_parameterization_gives_back_the_digit_and_never_leaves_the_range(name):
    chosen, digits = make_parameterization(name), made_digits(3).images()
    parameters = chosen.encode(digits)
    assert torch.allclose(chosen.decode(parameters), digits, atol=0.005)
    moved = chosen.decode(chosen.update(parameters, torch.randn(3, 1, 28, 28), size=5.0, decay=0.0))
    assert moved.min() >= 0 and moved.max() <= 1 and (moved - digits).abs().max() > 0.5


def test_frequencies_climb_in_smoother_pictures_than_pixels():
    rough, smooth = (
        climb(ClassLogit(range(10)), replace(PRESETS["nothing but the gradient"], steps=30, parameterization=name))[-1]
        for name in ("pixels", "fourier")
    )
    roughness = [step.images.diff(dim=3).abs().mean() / step.images.std() for step in (rough, smooth)]
    assert roughness[1] < 0.7 * roughness[0]


def test_the_fixed_magnitude_is_the_mean_over_the_digits():
    spectra = np.abs(np.fft.rfft2(made_digits(200).images()[:, 0].numpy(), norm="ortho"))
    assert np.allclose(MAGNITUDE.numpy(), spectra.mean(0), atol=1e-5)


def test_phases_change_under_an_exactly_fixed_magnitude_and_the_mean_brightness_stays():
    phase, digits = Phase(MAGNITUDE), made_digits(3).images()
    before = phase.encode(digits)
    after = phase.update(before, torch.randn(digits.shape), size=0.1, decay=0.5)
    images = phase.unclipped(after)
    assert not torch.allclose(images, phase.unclipped(before), atol=0.1)
    assert torch.allclose(torch.fft.rfft2(images, norm="ortho").abs(), MAGNITUDE.expand(3, 1, -1, -1), atol=1e-4)
    assert torch.allclose(images.mean((1, 2, 3)), MAGNITUDE[0, 0] / 28, atol=1e-5)


def test_a_step_of_phases_follows_the_gradient_of_autograd():
    phase, start = Phase(MAGNITUDE), Phase(MAGNITUDE).encode(made_digits(1).images())
    whole = torch.fft.fft2(phase.unclipped(start)).angle().requires_grad_()  # every frequency, also the mirrored ones
    mirrored = MAGNITUDE[:, 1:-1].flip(1).flip(0).roll(1, 0)
    fixed = torch.cat([MAGNITUDE, mirrored], 1).expand_as(whole).contiguous()
    images = torch.fft.ifft2(torch.polar(fixed, whole), norm="ortho").real.clamp(0, 1)
    assert torch.allclose(images, phase.decode(start), atol=1e-5)
    by_pixel, by_phase = torch.autograd.grad(ASSIGNMENT(images)[0, 3], [images, whole])
    step = phase.update(start, by_pixel, size=0.01, decay=0.0) - start
    scale = step.norm() / by_phase[..., :15].norm()
    assert torch.allclose(step, scale * by_phase[..., :15], atol=1e-4)


def test_without_a_magnitude_phases_are_refused():
    with pytest.raises(ValueError, match="mean magnitude of the training digits"):
        next(maximize(ASSIGNMENT, ClassLogit(3), PRESETS["magnitude-constrained"]))


def test_pictures_of_phases_keep_near_the_digits_magnitude_where_others_leave_it():
    far = {}
    for name in ("magnitude-constrained", "frequencies"):
        last = climb(ClassLogit(range(10)), replace(PRESETS[name], steps=60))[-1]
        spectra = torch.fft.rfft2(last.images, norm="ortho").abs()
        far[name] = float((spectra - MAGNITUDE).norm() / MAGNITUDE.expand_as(spectra).norm())
    assert far["magnitude-constrained"] < 0.4 < far["frequencies"]


# The climb


@pytest.mark.parametrize("preset", PRESETS)
def test_n1_n4_all_ten_costs_rise_and_all_ten_are_read_as_themselves(preset):
    first, *_, last = climb(ClassLogit(range(10)), replace(PRESETS[preset], steps=60))
    assert (last.costs > first.costs + 5).all()
    assert (last.probabilities.diagonal() >= 0.99).all() and (last.images.std((1, 2, 3)) > 0.05).all()


def test_n3_a_step_is_the_assignment_s_update():
    steps = climb(ClassLogit(3), replace(SHORT, steps=3))
    before = steps[1].images.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(ASSIGNMENT(before)[0, 3], before)
    smooth = gaussian_filter(gradient[0, 0].numpy(), 4 * 2 / 3.5, truncate=8)  # the second of three
    expected = (1 - 1e-4) * before[0, 0].detach().numpy() + smooth / smooth.std(ddof=1) / 255
    assert np.allclose(steps[2].images[0, 0].numpy(), expected.clip(0, 1), atol=1e-5)


def test_n1_it_begins_with_noise_around_grey_and_reports_what_its_pictures_really_get():
    first, second, *_ = climb(ClassLogit(range(10)), EVERY_WAY["trembling"])
    assert abs(float(first.images.mean()) - 0.5) < 0.01 and abs(float(first.images.std()) - 10 / 255) < 0.004
    assert torch.equal(first.images[0], first.images[9]), "all goals of a start begin with the same noise"
    logits = ASSIGNMENT(second.images)
    assert torch.allclose(second.costs, logits.diagonal(), atol=1e-4)
    assert torch.allclose(second.probabilities, logits.softmax(1), atol=1e-5)


@pytest.mark.parametrize("way", EVERY_WAY)
def test_n1_ten_at_once_give_the_same_sheet_as_ten_runs_one_after_another(way):
    together = climb(ClassLogit(range(10)), EVERY_WAY[way])[-1].images
    alone = torch.cat([climb(ClassLogit(label), EVERY_WAY[way])[-1].images for label in range(10)])
    assert torch.allclose(together, alone, rtol=0, atol=1e-5)


def test_n5_all_maps_at_once_give_the_same_sheet_as_one_after_another():
    together = climb(Neuron("pool2", tuple(range(32))))[-1].images
    alone = torch.cat([climb(Neuron("pool2", number))[-1].images for number in (4, 7, 31)])
    assert torch.allclose(together[[4, 7, 31]], alone, rtol=0, atol=1e-5)


@pytest.mark.parametrize("way", EVERY_WAY)
def test_the_same_seed_gives_the_same_sheet_and_another_one_another(way):
    once, again = (climb(ClassLogit(range(10)), EVERY_WAY[way])[-1].images for _ in range(2))
    other = climb(ClassLogit(range(10)), replace(EVERY_WAY[way], seed=1))[-1].images
    assert torch.equal(once, again) and not torch.equal(once, other)


@pytest.mark.parametrize("way", EVERY_WAY)
def test_the_picture_stays_in_the_training_range_at_every_step(way):
    for step in climb(ClassLogit(range(10)), replace(EVERY_WAY[way], step_size=0.5)):
        assert step.images.min() >= 0 and step.images.max() <= 1 and step.images.isfinite().all()


@pytest.mark.parametrize("way", EVERY_WAY)
def test_the_network_is_unchanged_bit_by_bit_and_has_no_gradients_and_no_hooks(way):
    network = build(ARCHITECTURES["small, batch norm"]).eval()  # fresh: its weights would take gradients
    before = weights(network)
    climb(ClassLogit(range(10)) + MapMean("pool2", 3), EVERY_WAY[way], network=network)
    assert all(torch.equal(*pair) for pair in zip(before, weights(network), strict=True))
    assert all(parameter.grad is None for parameter in network.parameters())
    assert not any(module._forward_hooks or module._backward_hooks for module in network.modules())


def test_a_network_that_still_learns_is_refused():
    with pytest.raises(ValueError, match=r"call its eval\(\) first"):
        climb(ClassLogit(3), network=build(ARCHITECTURES["small"]).train())


def test_stopping_early_keeps_what_there_is():
    steps = maximize(ASSIGNMENT, ClassLogit(range(10)))
    kept = [next(steps) for _ in range(4)]
    steps.close()
    others = list(islice(maximize(ASSIGNMENT, ClassLogit(range(10))), 4))
    assert [step.step for step in kept] == [0, 1, 2, 3]
    assert all(torch.equal(one.images, other.images) for one, other in zip(kept, others, strict=True))
    assert torch.is_grad_enabled()


def test_a_one_step_run_is_the_start_and_one_step():
    steps = climb(ClassLogit(range(10)), MaximizationConfig(steps=1))
    assert [step.step for step in steps] == [0, 1] and (steps[1].costs > steps[0].costs).all()


def test_with_all_regularizers_off_it_still_climbs():
    off = MaximizationConfig(steps=20, blur="none", decay=0.0, noise=0.0)
    first, *_, last = climb(ClassLogit(range(10)), off)
    assert (last.costs > first.costs).all() and float(first.images.std()) == 0


@pytest.mark.parametrize(
    "settings",
    [
        {"steps": 0},
        {"steps": 10**6},
        {"blur": "wide"},
        {"parameterization": "wavelets"},
        {"starts": 0},
        {"noise": float("nan")},
        {"step_size": -1.0},
        {"jitter": 28},
        {"seed": -1},
    ],
)
def test_settings_that_make_no_sense_are_refused_in_a_sentence(settings):
    with pytest.raises(ValueError, match="must be from|Unknown blur"):
        MaximizationConfig(**settings)


def test_n5_a_silent_neuron_is_woken_and_a_dead_one_is_named():
    first, *_, last = climb(Neuron("pool2", tuple(range(32))), replace(SHORT, steps=120))
    silent = (first.costs == 0).sum()
    dead = torch.nonzero(~last.responded)[:, 0].tolist()
    assert silent >= 20, "on grey noise most central neurons of the assignment's network are silent"
    assert dead and len(dead) <= 8 and (last.costs[last.responded] > 0).sum() >= 24
    activations = stage_outputs(ASSIGNMENT, made_digits(200).images(), ["pool2"])["pool2"]
    assert not activations[:, dead].any(), "what nothing wakes no digit wakes either"
    assert (last.images.std((1, 2, 3)) > 0.05).sum() >= 30


def test_several_starts_climb_the_same_goals_from_different_noise():
    last = climb(ClassLogit([3, 8]), replace(SHORT, starts=3))[-1]
    assert last.images.shape[0] == 6 and last.costs.shape == (6,)
    alone = climb(ClassLogit([3, 8]), replace(SHORT, seed=1))[-1]
    assert torch.allclose(last.images[2:4], alone.images, rtol=0, atol=1e-5), "the second start is the next seed's"


def test_a_digit_turns_step_by_step_into_another():
    digit = made_digits(9).images()[8, 0]
    first, *steps, last = climb(ClassLogit(range(10)), replace(SHORT, steps=80, noise=0.0), start=digit)
    assert torch.equal(first.images[5, 0], digit) and (last.probabilities.argmax(1) == torch.arange(10)).all()
    path = [step.images for step in (first, *steps, last)]
    assert max(float((b - a).abs().mean()) for a, b in zip(path, path[1:], strict=False)) < 0.02, "no jumps on the way"


def test_a_goal_can_be_climbed_down_and_the_inverted_feature_up():
    down = climb(-Neuron("pool2", 12))
    assert down[-1].costs > down[0].costs
    missing = load_classifier("missing-feature")
    up = climb(Neuron("inverted", 3), replace(SHORT, steps=30), network=missing)
    feature = stage_outputs(missing, up[-1].images, ["flatten"])["flatten"][0, 3, 2, 2]
    assert float(up[-1].costs) == pytest.approx(1 - float(feature)) and up[-1].costs >= up[0].costs


# A closer look


def test_n5_the_digits_that_excite_a_map_most_are_the_ones_with_the_largest_values():
    digits = made_digits(300)
    found = find_top_digits(ASSIGNMENT, Neuron("pool2", (12, 31)), digits)
    values = stage_outputs(ASSIGNMENT, digits.images(), ["pool2"])["pool2"][:, [12, 31], 3, 3]
    assert found.indices.shape == (2, 9)
    assert torch.allclose(found.activations, values.T.sort(1, descending=True).values[:, :9], atol=1e-4)


def test_n5_a_map_is_linked_to_its_filter_and_to_what_it_does_on_a_digit():
    convolution = ASSIGNMENT.features.conv2
    for stage in ("conv2", "relu2", "pool2", "flatten", "inverted"):
        assert torch.equal(find_filter(ASSIGNMENT, stage, 7), convolution.weight[7])
    assert find_filter(ASSIGNMENT, "normalize", 0) is None and find_filter(ASSIGNMENT, "fc1", 0) is None
    image = made_digits(1).images()
    assert torch.equal(feature_map(ASSIGNMENT, "pool2", 7, image[0, 0]), ASSIGNMENT.activations(image)["pool2"][0, 7])
