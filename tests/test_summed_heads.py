"""Two heads summed (M16): the same as synergy's own sum, for any finite omega."""

import pytest
import torch

from core.inversion import functions
from core.inversion.summed_heads import accuracy_by_omega, add_heads, column_logits, compute_logits
from core.networks.architectures import ARCHITECTURES
from core.networks.classifier import Classifier, build
from core.networks.evaluation import accuracy, predict_column
from tests.sample_digits import made_digits

DIGITS = made_digits(30)


@pytest.fixture(scope="module")
def pair() -> tuple[Classifier, Classifier]:
    normal = build(ARCHITECTURES["published"], seed=3).eval().requires_grad_(False)
    missing = functions.with_inversion(normal, "complement").eval()
    functions.reset_head(missing, seed=4)
    return normal, missing.requires_grad_(False)


@pytest.mark.parametrize("omega", [0.0, 0.35, 1.0, 3.0, -1.0])
def test_m16_a_sum_of_logits_is_what_the_synergy_network_computes(
    pair: tuple[Classifier, Classifier], omega: float
) -> None:
    images = DIGITS.images()
    summed = add_heads(*(compute_logits(one, images) for one in pair), omega)
    assert torch.allclose(summed, functions.build_synergy(*pair, omega=omega).eval()(images), atol=1e-5)


@pytest.mark.parametrize("omega", [float("nan"), float("inf"), float("-inf")])
def test_m16_an_omega_that_is_no_number_is_one_sentence(omega: float) -> None:
    with pytest.raises(ValueError, match=rf"^Omega must be a number, not {omega}\.$"):
        add_heads(torch.zeros(1, 10), torch.zeros(1, 10), omega)


@pytest.mark.parametrize("column", ["whole", "HCUT", "TCUT"])
def test_m16_the_logits_of_a_column_decide_as_the_network_does(
    pair: tuple[Classifier, Classifier], column: str
) -> None:
    logits = column_logits(pair[1], DIGITS, column)
    assert torch.equal(logits.argmax(1), predict_column(pair[1], DIGITS, column))


def test_m16_the_curve_begins_at_the_first_head_alone_and_ends_near_the_second() -> None:
    labels = torch.tensor([0, 1, 1])
    first, second = torch.tensor([[3.0, 0.0], [1.0, 0.0], [1.0, 0.0]]), torch.tensor([[0.0, 1.0]] * 3)
    assert accuracy_by_omega(first, second, labels, [0, 2, 9]) == pytest.approx([100 / 3, 100.0, 200 / 3])
    assert accuracy_by_omega(first, second, labels, [0])[0] == accuracy(labels, first.argmax(1))
