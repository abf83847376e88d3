"""What networks make of digits (M12): predictions, accuracy, confusion, who is right, and the PMNIST table."""

from itertools import islice

import numpy as np
import pytest
import torch
from sklearn.metrics import confusion_matrix
from torch import Tensor

from core.inversion.functions import with_inversion
from core.networks import evaluation
from core.networks.architectures import ARCHITECTURES
from core.networks.classifier import build
from core.networks.evaluation import (
    COLUMNS,
    TALK_ACCURACY,
    TALK_GAIN,
    confusion,
    evaluate,
    pmnist_table,
    predict,
    predict_labels,
)
from core.pmnist.masks import CUTS, cut_mask, cut_masks, erase
from tests.sample_digits import made_digits

DIGITS = made_digits(70)
STANDARD = build(ARCHITECTURES["talk"], seed=1).eval()
OTHER = with_inversion(STANDARD, "negative").eval()


class Witness:
    """A network that says which class it likes from the mask and the images that it is shown, and remembers them."""

    restores = True

    def __init__(self) -> None:
        self.seen: list[tuple[Tensor, Tensor | None]] = []

    def predict(self, images: Tensor, mask: Tensor | None = None) -> Tensor:
        self.seen.append((images, mask))
        return torch.eye(10)[torch.zeros(len(images), dtype=torch.long)]


def labels(count: int, seed: int) -> Tensor:
    return torch.randint(10, (count,), generator=torch.Generator().manual_seed(seed))


# Predicting


@pytest.mark.parametrize("cut", ["whole", *CUTS])
def test_m12_batches_give_what_one_pass_gives(monkeypatch, cut):
    mask = None if cut == "whole" else cut_masks(cut, len(DIGITS))
    images = DIGITS.images()
    with torch.no_grad():
        at_once = STANDARD.predict(images if mask is None else erase(images, mask))
    monkeypatch.setattr(evaluation, "BATCH", 32)
    assert torch.allclose(predict(STANDARD, images, mask), at_once, atol=1e-6)


@pytest.mark.parametrize("cut", ["HCUT", "TCUT"])
def test_m12_a_network_is_shown_each_part_erased_with_its_own_masks(monkeypatch, cut):
    monkeypatch.setattr(evaluation, "BATCH", 32)
    witness, mask = Witness(), cut_masks(cut, len(DIGITS))
    predict(witness, DIGITS.images(), mask)
    assert [len(images) for images, _ in witness.seen] == [32, 32, 6]
    assert torch.equal(torch.cat([images for images, _ in witness.seen]), erase(DIGITS.images(), mask))
    shown = [kept for _, kept in witness.seen]
    assert torch.equal(torch.cat(shown) if mask.ndim == 3 else shown[-1], mask)


def test_m12_probabilities_sum_to_1_and_need_no_gradients():
    probabilities = predict(STANDARD, DIGITS.images(), cut_mask("DCUT"))
    assert probabilities.shape == (70, 10) and not probabilities.requires_grad
    assert torch.allclose(probabilities.sum(1), torch.ones(70), atol=1e-6) and (probabilities >= 0).all()


def test_m12_accuracy_is_the_share_of_right_answers_in_percent():
    right = int((predict_labels(STANDARD, DIGITS) == DIGITS.labels).sum())
    assert evaluate(STANDARD, DIGITS) == pytest.approx(100 * right / 70)
    assert evaluate(Witness(), DIGITS) == pytest.approx(10)  # it always says 0, as one made digit in ten is
    assert evaluation.accuracy(torch.tensor([1, 2, 3]), torch.tensor([1, 2, 4])) == pytest.approx(200 / 3)


def test_t5_the_loss_is_the_cross_entropy_of_the_logits():
    images, labels_of = DIGITS.images(), DIGITS.labels
    expected = torch.nn.functional.cross_entropy(STANDARD(images).detach(), labels_of)
    assert evaluation.cross_entropy(labels_of, predict(STANDARD, images)) == pytest.approx(float(expected), rel=1e-4)
    steps = {step.column: step.loss for step in pmnist_table({"standard": STANDARD}, DIGITS)}
    assert steps["whole"] == pytest.approx(float(expected), rel=1e-4) and len(set(steps.values())) == len(COLUMNS)


def test_t5_a_probability_of_zero_leaves_the_loss_finite():
    sure = torch.tensor([[1.0, 0.0], [1.0, 0.0]])
    assert 40 < evaluation.cross_entropy(torch.tensor([0, 1]), sure) < 50
    assert evaluation.cross_entropy(torch.tensor([0, 0]), sure) == 0


def test_m12_erasing_everything_leaves_every_digit_the_same_answer():
    nothing = torch.zeros(28, 28, dtype=torch.bool)
    assert len(predict_labels(STANDARD, DIGITS, nothing).unique()) == 1


def test_one_digit_is_read_by_every_network_as_a_page_asks_for_it():
    digit, mask = DIGITS.images()[0, 0].numpy(), cut_mask("VCUT").numpy()
    read = evaluation.predict_digit({"standard": STANDARD, "other": OTHER}, digit, mask)
    assert list(read) == ["standard", "other"] and not np.allclose(read["standard"], read["other"])
    assert np.allclose(read["other"], predict(OTHER, DIGITS.images()[:1], cut_mask("VCUT"))[0])


# Counting


@pytest.mark.parametrize("classes", [10, 47])
def test_confusion_agrees_with_scikit_learn(classes):
    true, predicted = labels(500, 0), labels(500, 1)
    ours = confusion(true, predicted, classes)
    assert (ours.numpy() == confusion_matrix(true, predicted, labels=range(classes))).all()
    assert ours.sum() == 500 and ours[3, 4] == ((true == 3) & (predicted == 4)).sum()


def test_m12_who_is_right_counts_by_hand():
    true = torch.tensor([0, 1, 2, 3, 4, 5, 6])
    a = torch.tensor([0, 1, 2, 9, 9, 9, 6])
    b = torch.tensor([0, 9, 9, 3, 9, 8, 6])
    assert evaluation.compare_predictions(true, a, b) == evaluation.PredictionCounts(
        both=2, neither=2, only_a=2, only_b=1
    )


def test_m12_who_is_right_counts_every_digit_once():
    true, a, b = labels(500, 0), labels(500, 1), labels(500, 2)
    counts = evaluation.compare_predictions(true, a, b)
    assert counts.both + counts.neither + counts.only_a + counts.only_b == 500
    assert counts.both + counts.only_a == (a == true).sum() and counts.both + counts.only_b == (b == true).sum()


# The table


@pytest.mark.parametrize("variant_name", ["text", "code"])
def test_m12_the_table_has_every_network_in_every_column(variant_name):
    steps = list(pmnist_table({"standard": STANDARD, "other": OTHER}, DIGITS, variant=variant_name))
    assert [(step.column, step.network) for step in steps] == [(c, n) for c in COLUMNS for n in ("standard", "other")]
    assert [step.done for step in steps] == list(range(1, 11)) and {step.cells for step in steps} == {10}
    for step in steps:
        mask = None if step.column == "whole" else cut_masks(step.column, 70, variant=variant_name)
        network = STANDARD if step.network == "standard" else OTHER
        assert torch.equal(step.predicted, predict_labels(network, DIGITS, mask))
        assert step.accuracy == pytest.approx(evaluate(network, DIGITS, mask))


def test_m12_closing_the_table_early_asks_no_network_again():
    witness = Witness()
    steps = pmnist_table({"witness": witness}, DIGITS)
    assert [step.column for step in islice(steps, 2)] == ["whole", "HCUT"]
    steps.close()
    assert len(witness.seen) == 2


def test_m12_the_talks_table_is_that_of_the_seed():
    assert COLUMNS == ("whole", "HCUT", "VCUT", "DCUT", "TCUT")
    assert [TALK_ACCURACY[column] for column in COLUMNS] == [98.55, 67.00, 70.15, 61.31, 40.87]
    assert [TALK_GAIN[column] for column in COLUMNS] == [0.31, 4.45, 9.05, 6.36, 6.62]


def test_networks_that_share_features_read_one_digit_as_each_would_alone():
    networks = {"standard": STANDARD, "other": OTHER, "own": build(ARCHITECTURES["talk"], seed=2).eval()}
    assert STANDARD.features is OTHER.features
    digit, mask = made_digits(1).images()[0, 0], cut_mask("HCUT")
    read = evaluation.predict_digit(networks, digit.numpy(), mask.numpy())
    for name, network in networks.items():
        assert np.allclose(read[name], predict(network, digit[None, None], mask)[0], atol=1e-6)
