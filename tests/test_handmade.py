"""Hand-made features (E6) and the small dense network on features (E3), in Transfer."""

import numpy as np
import pytest
import torch
from sklearn.neural_network import MLPClassifier

from core.commands.studies.handmade_features import lines
from core.networks.evaluation import COLUMNS
from core.studies.handmade_features import (
    FEATURES,
    FeatureStudy,
    find_values,
    measure_features,
    run_features,
    summarize,
)
from core.studies.recorded import load_recorded
from core.transfer.backbones import HAND_MADE, LAST_MAPS, PIXELS, compute_features, own_backbone
from core.transfer.classification import CLASSIFIERS, DENSE, HIDDEN, REGRESSION, fit_classifier
from core.transfer.example_tasks import crops_task, digits_task
from core.transfer.handmade import CELL, ORIENTATIONS, oriented_gradients
from core.zoo.checkpoints import load_classifier
from tests.sample_digits import made_dataset, real_set

STANDARD = own_backbone("Standard", load_classifier("standard"))
SMALL = FeatureStudy(learned=100, validated=100, seeds=1)


def stripes(degrees: float) -> torch.Tensor:
    """Return a picture `(1, 1, 28, 28)` whose brightness changes in one direction only."""
    y, x = torch.meshgrid(torch.arange(28.0), torch.arange(28.0), indexing="ij")
    angle = torch.tensor(degrees).deg2rad()
    return (0.5 + 0.5 * torch.sin((x * angle.cos() + y * angle.sin()) / 2))[None, None]


def test_e6_a_digit_has_nine_directions_in_each_of_two_by_two_cells_of_each_block() -> None:
    assert oriented_gradients(torch.rand(3, 1, 28, 28)).shape == (3, 4 * ORIENTATIONS, 3, 3)
    assert oriented_gradients(torch.rand(2, 3, 84, 84)).shape == (2, 36, 84 // CELL - 1, 84 // CELL - 1)
    assert oriented_gradients(torch.zeros(1, 1, 28, 28)).abs().max() == 0


@pytest.mark.parametrize(("degrees", "bin_"), [(10, 0), (50, 2), (90, 4), (170, 8), (190, 0)])
def test_e6_the_strongest_direction_is_the_one_in_which_brightness_changes(degrees: float, bin_: int) -> None:
    middle = oriented_gradients(stripes(degrees))[0, :ORIENTATIONS, 1, 1]
    assert int(middle.argmax()) == bin_


def test_e6_more_contrast_changes_nothing_and_the_opposite_contrast_neither() -> None:
    picture = stripes(50)
    features = oriented_gradients(picture)
    assert torch.allclose(features, oriented_gradients(0.5 * picture), atol=1e-3)
    assert torch.allclose(features, oriented_gradients(1 - picture), atol=1e-4)


@pytest.mark.mnist
def test_e6_hand_made_features_tell_two_digits_apart_better_than_the_pixels_do() -> None:
    task = digits_task(real_set(), (3, 5))
    read = {
        layer: fit_classifier(compute_features(STANDARD, task.pixels, layer), task) for layer in (HAND_MADE, PIXELS)
    }
    assert read[HAND_MADE].features == 324 and read[HAND_MADE].test_accuracy > read[PIXELS].test_accuracy + 10


def test_e3_the_dense_network_is_scikit_learn_s_with_one_hidden_layer() -> None:
    task = crops_task(24)
    vectors = compute_features(STANDARD, task.pixels)
    outcome = fit_classifier(vectors, task, DENSE)
    assert [layer.weights.shape for layer in outcome.layers] == [(vectors[0].numel(), HIDDEN), (HIDDEN, 2)]
    shares = outcome.probabilities(vectors[outcome.tested])
    assert np.allclose(shares.max(1), outcome.confidence) and np.array_equal(shares.argmax(1), outcome.predicted)
    assert outcome.train_accuracy == 100 and outcome.test_accuracy > 70
    assert len(fit_classifier(vectors, task).layers) == 1


def test_e3_the_dense_network_learns_what_no_line_can_separate() -> None:
    rng = np.random.default_rng(0)
    corners = rng.uniform(-1, 1, (400, 2))
    task = crops_task(200)
    labels = ((corners[:, 0] > 0) ^ (corners[:, 1] > 0)).astype(np.int64)
    task = type(task)(task.classes, task.pixels, labels, task.names, np.arange(400) >= 200, task.about)
    read = {name: fit_classifier(torch.from_numpy(corners), task, name).test_accuracy for name in CLASSIFIERS}
    assert read[DENSE] > 90 > 65 > read[REGRESSION]
    again = MLPClassifier((HIDDEN,), solver="lbfgs", random_state=0).fit(corners[:200], labels[:200])
    assert again.score(corners[200:], labels[200:]) > 0.9


def test_e6_a_row_for_each_classifier_and_finished_parts_are_kept(tmp_path) -> None:
    dataset = made_dataset(300, 60)
    rows = measure_features(STANDARD.network, dataset, HAND_MADE, 42, SMALL)
    assert [row.classifier for row in rows] == list(CLASSIFIERS)
    assert all(row.size == 324 and set(row.accuracy) == set(COLUMNS) for row in rows)
    first = list(run_features(dataset, SMALL, tmp_path / "study.json"))
    assert [step.kept for step in run_features(dataset, SMALL, tmp_path / "study.json")] == [True] * len(FEATURES)
    record = summarize([row for step in first for row in step.rows], dataset, SMALL)
    text = "\n".join(lines(record))
    assert "hand-made features" in text and "python -m core study handmade-features" in text


def test_e6_impossible_settings_cost_a_sentence() -> None:
    with pytest.raises(ValueError, match="at least 100 training digits"):
        FeatureStudy(learned=5)


def test_e3_e6_the_record_has_all_features_classifiers_and_seeds_and_learned_features_win_on_whole_digits() -> None:
    record = load_recorded("handmade-features")
    for classifier in CLASSIFIERS:
        whole = {features: find_values(record, features, classifier, "whole") for features in FEATURES}
        assert {len(values) for values in whole.values()} == {record["seeds"]}
        assert min(whole[LAST_MAPS]) > max(whole[HAND_MADE]) > max(whole[PIXELS])
