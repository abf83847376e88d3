"""The missing-feature idea (M2 to M16): inversions, freezing, resetting, synergy, and the algebra behind them."""

import copy

import pytest
import torch
from torch import Tensor

from core.inversion.functions import (
    INVERSIONS,
    Invert,
    build_synergy,
    features_hash,
    freeze,
    is_frozen,
    reset_head,
    to_ordinary,
    with_inversion,
)
from core.networks.architectures import ARCHITECTURES
from core.networks.classifier import Classifier, build
from core.training.loop import TrainConfig, train
from tests.sample_digits import made_digits
from tests.short_trainings import equal

IMAGES = made_digits(8).images()
QUICK = TrainConfig(epochs=1, batch=10, learning_rate=0.1)


@pytest.fixture
def standard() -> Classifier:
    return build(ARCHITECTURES["talk"], seed=3).eval()


def learn(network: Classifier) -> None:
    for _ in train(network, made_digits(60), made_digits(10, seed=1), QUICK):
        pass


def tensors(network: Classifier, end: str) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in network.features.state_dict().items() if name.endswith(end)}


@pytest.mark.parametrize(
    ("name", "inverted"),
    [
        pytest.param("identity", [0.0, 0.25, 1.0, 3.0], id="m1"),
        pytest.param("negative", [-0.0, -0.25, -1.0, -3.0], id="m3"),
        pytest.param("complement", [1.0, 0.75, 0.0, -2.0], id="m2_m4"),
        pytest.param("clamped complement", [1.0, 0.75, 0.0, 0.0], id="clamped"),
        pytest.param("both", [0.0, 0.25, 1.0, 3.0, 1.0, 0.75, 0.0, -2.0], id="m16"),
    ],
)
def test_m2_m3_m4_m16_inversions_compute_their_formulas(name, inverted):
    features = torch.tensor([[0.0, 0.25, 1.0, 3.0]])
    assert torch.equal(Invert(name)(features), torch.tensor([inverted]))
    assert not list(Invert(name).parameters())


@pytest.mark.parametrize("inversion", [i for i in INVERSIONS.values() if i.affine], ids=lambda i: i.formula)
def test_an_affine_inversion_is_what_it_says(inversion):
    features = torch.linspace(-2, 5, 30)[None]
    scale, shift = inversion.affine
    assert torch.allclose(inversion.function(features), scale * features + shift)


def test_an_unknown_inversion_is_one_sentence_with_the_known_ones():
    with pytest.raises(ValueError, match=r"^There is no inversion called 'upside down'; there are identity, .*both\.$"):
        Invert("upside down")


def test_m4_the_inversion_stands_between_the_features_and_the_head(standard):
    activations = with_inversion(standard, "complement").activations(IMAGES)
    assert torch.equal(activations["flatten"], standard.features(IMAGES))
    assert torch.equal(activations["inverted"], 1 - activations["flatten"])


def test_a_variant_shares_its_features_and_copies_its_head(standard):
    other = with_inversion(standard, "negative")
    assert other.features is standard.features
    with torch.no_grad():
        other.head.fc2.weight.zero_()
    assert standard.head.fc2.weight.abs().sum() > 0


# M9, M11: freezing


def test_m9_freezing_leaves_every_feature_bit_unchanged(standard):
    freeze(standard)
    before, head = features_hash(standard), copy.deepcopy(standard.head.state_dict())
    learn(standard)
    assert is_frozen(standard) and features_hash(standard) == before
    assert not equal(head, standard.head.state_dict())


def test_m9_freezing_weights_only_lets_the_biases_drift(standard):
    freeze(standard, biases=False)
    weights, biases, before = tensors(standard, "weight"), tensors(standard, "bias"), features_hash(standard)
    learn(standard)
    assert not is_frozen(standard) and features_hash(standard) != before
    assert equal(weights, tensors(standard, "weight"))
    drifted = tensors(standard, "bias")
    assert not any(torch.equal(drifted[name], biases[name]) for name in biases)


def test_m11_features_that_are_not_frozen_get_corrupted(standard):
    inverted = with_inversion(standard, "complement")
    weights, before = tensors(standard, "weight"), features_hash(standard)
    learn(inverted)
    assert features_hash(inverted) != before
    assert not any(torch.equal(changed, weights[name]) for name, changed in tensors(inverted, "weight").items())


@pytest.mark.parametrize("name", ["conv1.weight", "conv2.weight", "conv1.bias", "conv2.bias"])
def test_m9_the_hash_notices_one_changed_number(standard, name):
    before = features_hash(standard)
    tensor = standard.features.get_parameter(name)
    with torch.no_grad():
        last = (-1,) * tensor.ndim
        tensor[last] = torch.nextafter(tensor[last], torch.tensor(9.0))
    assert features_hash(standard) != before


def test_m9_the_hash_is_of_the_features_alone_and_not_of_their_layout(standard):
    before = features_hash(standard)
    reset_head(standard, seed=1)
    standard.to(memory_format=torch.contiguous_format)
    assert features_hash(standard) == before


# M10: resetting the head


def test_m10_a_reset_head_is_new_and_the_same_for_the_same_seed(standard):
    heads = [copy.deepcopy(standard.head.state_dict())]
    features, state = features_hash(standard), torch.get_rng_state()
    for seed in (1, 1, 2):
        reset_head(standard, seed=seed)
        heads.append(copy.deepcopy(standard.head.state_dict()))
    assert equal(heads[1], heads[2])
    assert not any(torch.equal(heads[1][name], heads[0][name]) for name in heads[0])
    assert not any(torch.equal(heads[1][name], heads[3][name]) for name in heads[0])
    assert features_hash(standard) == features and torch.equal(torch.get_rng_state(), state)


# M16: synergy


@pytest.mark.parametrize("omega", [1.0, 0.0, 0.25, -2.0])
def test_m16_synergy_is_the_sum_of_both_heads(standard, omega):
    missing = with_inversion(standard, "complement")
    reset_head(missing, seed=9)
    summed = build_synergy(standard, missing, omega=omega).eval()
    assert torch.allclose(summed(IMAGES), standard(IMAGES) + omega * missing(IMAGES), atol=1e-5)


def test_m16_synergy_has_heads_of_its_own(standard):
    summed = build_synergy(standard, with_inversion(standard, "complement")).eval()
    before = summed(IMAGES)
    reset_head(standard, seed=4)
    assert torch.equal(summed(IMAGES), before)


def test_m16_synergy_refuses_networks_with_different_features(standard):
    stranger = with_inversion(build(ARCHITECTURES["talk"], seed=4), "complement")
    with pytest.raises(ValueError, match=r"^Synergy sums two heads over the same features, but .* differ\.$"):
        build_synergy(standard, stranger)


@pytest.mark.parametrize("omega", [float("nan"), float("inf"), float("-inf")])
def test_m16_synergy_refuses_an_omega_that_is_no_number(standard, omega):
    with pytest.raises(ValueError, match=rf"^Omega must be a number, not {omega}\.$"):
        build_synergy(standard, with_inversion(standard, "complement"), omega=omega)


# The algebra: W(a*x + c) + b = (a*W)x + (b + c*W1)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("name", ["identity", "negative", "complement"])
def test_an_affine_inversion_equals_an_ordinary_network(architecture, name):
    inverted = with_inversion(build(ARCHITECTURES[architecture], seed=3), name).eval()
    before = copy.deepcopy(inverted.state_dict())
    ordinary = to_ordinary(inverted).eval()
    assert torch.allclose(ordinary(IMAGES), inverted(IMAGES), atol=1e-5)
    assert torch.equal(ordinary.activations(IMAGES)["inverted"], ordinary.features(IMAGES))
    assert equal(before, inverted.state_dict())
    assert INVERSIONS[name].same_function_class


def test_the_algebra_is_not_empty_for_a_head_of_another_inversion(standard):
    """Were the two functions equal anyway, agreeing would prove nothing."""
    assert not torch.allclose(with_inversion(standard, "complement")(IMAGES), standard(IMAGES), atol=1e-2)


@pytest.mark.parametrize("name", ["clamped complement", "both"])
def test_what_is_no_re_parameterisation_is_refused(standard, name):
    assert not INVERSIONS[name].same_function_class
    with pytest.raises(ValueError, match="is no re-parameterisation: no ordinary head computes the same"):
        to_ordinary(with_inversion(standard, name))
