"""An inverted head and the ordinary head that equals it, number by number; what cannot be turned over (M2 to M8)."""

import pytest
import torch

from core.inversion.algebra import SHOWN_TERMS, largest_difference, response_curve, rewrite_unit
from core.inversion.functions import INVERSIONS, to_ordinary, with_inversion
from core.networks.architectures import ARCHITECTURES
from core.networks.classifier import Classifier, build
from tests.sample_digits import made_digits

DIGITS = made_digits(30)
AFFINE = [name for name, one in INVERSIONS.items() if one.same_function_class]


def inverted(name: str) -> Classifier:
    return with_inversion(build(ARCHITECTURES["published"], seed=3), name).eval().requires_grad_(False)


@pytest.mark.parametrize("name", AFFINE)
def test_a_unit_s_sum_is_the_same_before_and_after_the_algebra(name: str) -> None:
    network, image = inverted(name), DIGITS.images()[7]
    found = rewrite_unit(network, image)
    units = network.head.fc1(network.inversion(network.features(image[None])))[0]
    assert found.inverted == pytest.approx(float(units.max()), abs=1e-5) and found.unit == int(units.argmax())
    assert found.ordinary == pytest.approx(found.inverted, abs=1e-5)
    assert torch.allclose(found.ordinary_weights, found.scale * found.weights)
    assert found.ordinary_bias == pytest.approx(found.bias + found.shift * float(found.weights.sum()), abs=1e-5)


def test_the_terms_written_out_are_those_that_move_the_unit_most() -> None:
    found = rewrite_unit(inverted("complement"), DIGITS.images()[7], unit=12)
    moved = (found.weights * found.features).abs()
    assert found.unit == 12 and len(found.shown) == SHOWN_TERMS
    assert moved[found.shown].min() >= moved.sort(descending=True).values[SHOWN_TERMS - 1]


@pytest.mark.parametrize("name", AFFINE)
def test_over_many_digits_the_logits_differ_by_rounding_only(name: str) -> None:
    assert largest_difference(inverted(name), DIGITS) < 1e-5


def test_the_difference_would_be_seen() -> None:
    """Were nothing compared, it would be 0 for any two networks."""
    network = inverted("complement")
    ordinary = to_ordinary(network)
    assert (ordinary(DIGITS.images()) - with_inversion(network, "identity")(DIGITS.images())).abs().max() > 0.01


@pytest.mark.parametrize("name", ["clamped complement", "maximum complement"])
def test_what_is_not_affine_is_refused_with_a_sentence(name: str) -> None:
    network, sentence = inverted(name), r"is no re-parameterisation: no ordinary head computes the same\.$"
    with pytest.raises(ValueError, match=sentence):
        rewrite_unit(network, DIGITS.images()[0])
    with pytest.raises(ValueError, match=sentence):
        largest_difference(network, DIGITS)


@pytest.mark.parametrize(
    ("activation", "inversion", "read"),
    [
        pytest.param("relu", "complement", [1, 1, 1, -1, -3], id="m4"),
        pytest.param("sigmoid", "complement", [0.982, 0.881, 0.5, 0.119, 0.018], id="m2"),
        pytest.param("relu6", "six complement", [6, 6, 6, 4, 2], id="m5"),
        pytest.param("tanh", "negative", [0.999, 0.964, 0, -0.964, -0.999], id="m8"),
        pytest.param("leaky_relu", "complement", [1.04, 1.02, 1, -1, -3], id="m6"),
        pytest.param("silu", "complement", [1.072, 1.238, 1, -0.762, -2.928], id="m7"),
        pytest.param("relu", "clamped complement", [1, 1, 1, 0, 0], id="clamped"),
        pytest.param("relu", "maximum complement", [4, 4, 4, 2, 0], id="maximum"),
    ],
)
def test_m2_to_m8_a_curve_shows_what_the_head_reads(activation: str, inversion: str, read: list[float]) -> None:
    given, found = response_curve(activation, inversion, points=5)
    assert given.tolist() == [-4, -2, 0, 2, 4]
    assert found.tolist() == pytest.approx(read, abs=1e-3)
