"""Transfer: layers give features, and a regression or the network learns a task from them (X1 to X8)."""

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.linear_model import LogisticRegressionCV

from core.inversion.functions import features_hash
from core.transfer.backbones import (
    CONTROLS,
    LAST_DENSE,
    LAST_MAPS,
    LAYERS,
    PIXELS,
    RANDOM_LAYERS,
    SECOND_TO_LAST_DENSE,
    compute_features,
    extract_features,
    own_backbone,
    pooled_maps,
    to_images,
)
from core.transfer.classification import CLASSIFIERS, fit_classifier
from core.transfer.example_tasks import crops_task, digits_task
from core.transfer.fine_tuning import ARMS, ONE_PHASE, RANDOM_START, TWO_PHASES, TuneConfig, fine_tune
from core.transfer.uploaded_pictures import to_square
from core.zoo.checkpoints import load_classifier
from tests.sample_digits import real_set
from tests.transfer_page import pile, task_of

STANDARD = own_backbone("Standard", load_classifier("standard"))


# Features


@pytest.mark.mnist
def test_x4_x5_a_network_of_ours_gives_its_maps_and_both_dense_layers():
    digits = digits_task(real_set(), (3, 5), learned=15, tested=5)
    assert STANDARD.layers() == LAYERS
    shapes = [tuple(compute_features(STANDARD, digits.pixels, layer).shape) for layer in STANDARD.layers()]
    assert shapes == [(40, 50, 4, 4), (40, 500), (40, 10), (40, 36, 3, 3), (40, 1, 28, 28), (40, 50, 4, 4)]
    images = to_images(digits.pixels, 1, 28)
    told = STANDARD.network.activations(images)
    assert torch.allclose(compute_features(STANDARD, digits.pixels, SECOND_TO_LAST_DENSE), told["fc_relu1"], atol=1e-5)
    assert torch.allclose(compute_features(STANDARD, digits.pixels, LAST_DENSE), told["fc2"], atol=1e-4)


def test_our_convolutions_see_more_of_a_photograph_than_28_pixels():
    photographs = crops_task(8).pixels
    assert compute_features(STANDARD, photographs).shape == (16, 50, 18, 18)
    assert compute_features(STANDARD, photographs, LAST_DENSE).shape == (16, 10)


def test_every_picture_is_looked_at_once_and_the_steps_say_how_many_are_done():
    pixels = pile(120)
    steps = list(extract_features(STANDARD, pixels, LAST_DENSE))
    assert [step.done for step in steps] == [50, 100, 120] and {step.count for step in steps} == {120}
    assert torch.equal(torch.cat([step.features for step in steps]), compute_features(STANDARD, pixels, LAST_DENSE))


def test_a_layer_that_a_network_has_not_got_costs_a_sentence():
    one_layer = own_backbone("LeNet", load_classifier("standard"))
    one_layer.network.head = torch.nn.Sequential()
    assert one_layer.layers() == (LAST_MAPS, *CONTROLS)
    with pytest.raises(ValueError, match="LeNet has no last dense layer"):
        compute_features(one_layer, pile(4), LAST_DENSE)


def test_grey_is_weighed_as_everywhere_and_white_stays_white():
    white = np.full((1, 5, 5, 3), 255, np.uint8)
    assert to_images(white, 1, 5).numpy() == pytest.approx(1.0) and to_images(white, 3, 9).shape == (1, 3, 9, 9)
    green = np.zeros((1, 28, 28, 3), np.uint8)
    green[..., 1] = 200
    grey = np.asarray(Image.fromarray(green[0]).convert("L")) / 255
    assert np.abs(to_images(green, 1, 28)[0, 0].numpy() - grey).max() < 1 / 255


def test_f3_maps_after_the_first_and_second_pooling():
    maps = pooled_maps(STANDARD, torch.rand(1, 1, 120, 84))
    assert {name: tuple(one.shape) for name, one in maps.items()} == {
        "pool1": (1, 20, 58, 40),
        "pool2": (1, 50, 27, 18),
    }


def test_to_square_squeezes_the_whole_picture_as_the_seed_does():
    wide = Image.fromarray(np.repeat([[[255, 0, 0]], [[0, 0, 255]]], 50, 1).astype(np.uint8).repeat(10, 0))
    square = to_square(wide, 20)
    assert square.shape == (20, 20, 3) and square[0, 0, 0] == 255 and square[-1, -1, 2] == 255


# Logistic regression


@pytest.mark.mnist
def test_x5_the_regression_in_few_dimensions_is_scikit_learn_s_own():
    task = digits_task(real_set(), (3, 5), learned=30, tested=10)
    vectors = compute_features(STANDARD, task.pixels)
    flat = vectors.flatten(1).double().numpy()
    length = np.sqrt((flat[~task.test] ** 2).sum(1).mean())
    plain = LogisticRegressionCV(cv=5, max_iter=2000, scoring="accuracy", l1_ratios=(0,), use_legacy_attributes=False)
    plain.fit(flat[~task.test] / length, task.labels[~task.test])
    outcome = fit_classifier(vectors, task)
    assert outcome.features == 800 and np.array_equal(outcome.predicted, plain.predict(flat[task.test] / length))
    shares = outcome.probabilities(vectors[outcome.tested])
    assert np.allclose(shares.max(1), outcome.confidence) and np.array_equal(shares.argmax(1), outcome.predicted)
    assert outcome.confidence == pytest.approx(plain.predict_proba(flat[task.test] / length).max(1), abs=2e-3)


def test_x5_x6_the_figures_and_the_confusion_matrix_tell_the_same():
    task = crops_task(24)
    outcome = fit_classifier(compute_features(STANDARD, task.pixels, LAST_DENSE), task)
    assert outcome.confusion.sum() == task.test.sum() == len(outcome.predicted)
    assert outcome.test_accuracy == pytest.approx(100 * outcome.confusion.trace() / outcome.confusion.sum())
    assert outcome.confusion.sum(1).tolist() == np.bincount(task.labels[task.test]).tolist()
    wrong = outcome.wrong(task)
    assert len(wrong) == outcome.confusion.sum() - outcome.confusion.trace() and task.test[wrong].all()
    sure = dict(zip(outcome.tested, outcome.confidence, strict=True))
    assert sorted((sure[one] for one in wrong), reverse=True) == [sure[one] for one in wrong]


def test_x4_x5_maps_hold_more_of_a_photograph_than_what_a_network_for_digits_says_in_the_end():
    task = crops_task()
    assert (
        fit_classifier(compute_features(STANDARD, task.pixels), task).test_accuracy
        > fit_classifier(compute_features(STANDARD, task.pixels, LAST_DENSE), task).test_accuracy + 10
    )


@pytest.mark.mnist
def test_x1_x2_for_digits_what_a_network_has_learned_beats_both_controls():
    """On photographs it does not (X8): there, random layers do as well."""
    task = digits_task(real_set(), (3, 5))
    right = {
        layer: fit_classifier(compute_features(STANDARD, task.pixels, layer), task).test_accuracy for layer in LAYERS
    }
    assert min(right[LAST_MAPS], right[SECOND_TO_LAST_DENSE]) > max(right[PIXELS], right[RANDOM_LAYERS])


def test_the_control_has_learned_nothing_and_leaves_the_network_as_it_is():
    before, pixels = features_hash(STANDARD.network), crops_task(4).pixels
    drawn = compute_features(STANDARD, pixels, RANDOM_LAYERS)
    assert drawn.shape == compute_features(STANDARD, pixels).shape and not torch.allclose(
        drawn, compute_features(STANDARD, pixels)
    )
    assert (
        torch.equal(drawn, compute_features(STANDARD, pixels, RANDOM_LAYERS))
        and features_hash(STANDARD.network) == before
    )


@pytest.mark.mnist
def test_x5_of_three_classes_the_regression_is_scikit_learn_s_own_multinomial_one():
    task = digits_task(real_set(), (3, 5, 8), learned=30, tested=10)
    vectors = compute_features(STANDARD, task.pixels)
    flat = vectors.flatten(1).double().numpy()
    length = np.sqrt((flat[~task.test] ** 2).sum(1).mean())
    plain = LogisticRegressionCV(cv=5, max_iter=2000, scoring="accuracy", l1_ratios=(0,), use_legacy_attributes=False)
    plain.fit(flat[~task.test] / length, task.labels[~task.test])
    outcome = fit_classifier(vectors, task)
    assert np.allclose(outcome.probabilities(vectors), plain.predict_proba(flat / length), atol=1e-2)
    assert outcome.confusion.shape == (3, 3) and outcome.test_accuracy > 80


@pytest.mark.parametrize("classifier", CLASSIFIERS)
def test_x5_ten_classes_have_ten_probabilities_and_a_matrix_of_ten_rows(classifier: str):
    task = digits_task(real_set(), range(10), learned=4, tested=2)
    vectors = compute_features(STANDARD, task.pixels, LAST_DENSE)
    outcome = fit_classifier(vectors, task, classifier)
    shares = outcome.probabilities(vectors[:3])
    assert shares.shape == (3, 10) and shares.sum(1) == pytest.approx(1)
    assert outcome.confusion.shape == (10, 10) and outcome.layers[-1].biases.shape == (10,)


def test_x7_a_network_is_tuned_for_three_classes():
    task = task_of(pile(8), pile(8, 100), pile(8, 200))
    last = list(fine_tune(STANDARD, task, TuneConfig(epochs=8, first=4)))[-1]
    assert set(last.predicted[ONE_PHASE]) <= {0, 1, 2} and last.accuracies[ONE_PHASE] > 50


def test_four_pictures_of_each_class_are_enough():
    task = task_of(pile(4), pile(4, 200))
    outcome = fit_classifier(compute_features(STANDARD, task.pixels), task)
    assert outcome.train_accuracy == 100 and len(outcome.predicted) == 2


# Fine-tuning


@pytest.mark.mnist
def test_x7_the_last_layer_learns_alone_first_and_then_all_do():
    task = digits_task(real_set(), (3, 5), learned=15, tested=5)
    before = features_hash(STANDARD.network)
    steps = list(fine_tune(STANDARD, task, TuneConfig(epochs=4, first=2)))
    assert [step.epoch for step in steps] == [0, 1, 2, 3, 4]
    assert [step.phase for step in steps[1:]] == ["the last layer"] * 2 + ["all layers"] * 2
    assert all(tuple(step.accuracies) == ARMS for step in steps)
    assert [step.weight_changes[TWO_PHASES] for step in steps[:3]] == [0, 0, 0] and steps[3].weight_changes[
        TWO_PHASES
    ] > 0
    assert steps[1].weight_changes[ONE_PHASE] > 0 and steps[1].weight_changes[RANDOM_START] > 0
    assert steps[4].losses[TWO_PHASES] < steps[1].losses[TWO_PHASES]
    assert features_hash(STANDARD.network) == before and not STANDARD.network.training


def test_x7_the_same_seed_gives_the_same_steps():
    task = crops_task(8)
    one, other = (list(fine_tune(STANDARD, task, TuneConfig(epochs=2, first=1))) for _ in range(2))
    assert [step.losses for step in one] == [step.losses for step in other]
    for a, b in zip(one, other, strict=True):
        assert all(np.array_equal(a.predicted[arm], b.predicted[arm]) for arm in ARMS)


def test_x7_stopping_early_leaves_the_network_as_it_was():
    steps = fine_tune(STANDARD, crops_task(8), TuneConfig(epochs=5, first=2))
    next(steps), next(steps)
    steps.close()
    assert not any(parameter.requires_grad for parameter in STANDARD.network.parameters())


@pytest.mark.parametrize(("epochs", "first"), [(0, 1), (5, 0), (5, 5), (500, 5)])
def test_phases_that_cannot_be_cost_a_sentence(epochs: int, first: int):
    with pytest.raises(ValueError, match="at least one epoch"):
        TuneConfig(epochs=epochs, first=first)
