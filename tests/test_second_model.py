"""The second model (S7, D5, A14): maps as pictures, who reads what, and why; the study over all pairs."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from core.digits.datasets import Dataset
from core.networks.evaluation import evaluate
from core.second_model.domain_gap import measure_domain_gap
from core.second_model.map_images import maps_as_digits, maps_to_pictures, select_two_classes
from core.second_model.training import (
    ALL_MAPS,
    DIGITS,
    SecondModelConfig,
    SecondModelResult,
    run_second_model,
    train_second_model,
)
from core.studies.recorded import load_recorded
from core.studies.second_model import conclude, run_pairs, summarize
from core.visualization.second_model import draw_pairs
from tests.sample_digits import made_dataset

CONFIG = SecondModelConfig(first=1, second=8, learned=20, tested=4, epochs=16)
LEARNERS = [DIGITS, "conv1", "conv2", ALL_MAPS]


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return made_dataset(train=200, test=40)


@pytest.fixture(scope="module")
def result(dataset: Dataset) -> SecondModelResult:
    return run_second_model(dataset, CONFIG)


def test_d5_two_classes_are_relabelled_and_nothing_else_is_left(dataset):
    pair = select_two_classes(dataset.train, 1, 8, each=15)
    assert pair.labels.bincount().tolist() == [15, 15]
    wanted = [n for n, label in enumerate(dataset.train.labels.tolist()) if label in (1, 8)][:30]
    assert torch.equal(pair.pixels, dataset.train.pixels[wanted])
    assert torch.equal(pair.labels == 1, dataset.train.labels[wanted] == 8)


def test_s7_each_map_is_a_picture_of_its_own_in_the_digits_format():
    maps = torch.randn(3, 4, 9, 9, generator=torch.Generator().manual_seed(0))
    maps[1, 2] = 5.0
    pictures = maps_to_pictures(maps)
    assert pictures.shape == (12, 1, 28, 28) and pictures.dtype == torch.float32
    assert float(pictures[6].abs().max()) == 0, "the same everywhere is black"
    others = torch.cat([pictures[:6], pictures[7:]])
    assert float(others.min()) >= 0 and float(others.max()) <= 1
    assert float(others.amax((1, 2, 3)).min()) > 0.8 and float(others.amin((1, 2, 3)).max()) < 0.2
    assert torch.equal(maps_to_pictures(maps[2:]), pictures[8:]), "a digit's maps follow one another"


def test_s7_all_maps_after_each_convolution_are_learned_from_each_with_its_digit_s_label(result):
    digits = result.learned[DIGITS]
    assert list(result.learned) == LEARNERS and list(result.networks) == LEARNERS
    assert {name: len(one) for name, one in result.learned.items()} == {
        DIGITS: 40,
        "conv1": 320,
        "conv2": 320,
        ALL_MAPS: 640,
    }
    assert torch.equal(result.learned["conv1"].labels.reshape(40, 8), digits.labels[:, None].expand(40, 8))
    again = maps_as_digits(result.networks[DIGITS], digits, "conv2")
    assert torch.equal(again.pixels, result.learned["conv2"].pixels)


def test_a14_both_networks_have_the_same_architecture_and_other_weights(result):
    one, two = (dict(result.networks[name].named_parameters()) for name in (DIGITS, ALL_MAPS))
    assert {name: value.shape for name, value in one.items()} == {name: value.shape for name, value in two.items()}
    assert not torch.equal(one["features.conv1.weight"], two["features.conv1.weight"])


def test_s7_all_are_tested_on_the_same_digits_and_on_maps(result):
    assert [list(read) for read in result.accuracies.values()] == [LEARNERS] * 4
    assert result.accuracies[ALL_MAPS][DIGITS] == pytest.approx(
        evaluate(result.networks[ALL_MAPS], result.tested[DIGITS])
    )
    assert result.accuracies[DIGITS][DIGITS] == 100, "a one and an eight of a pocket calculator"
    assert result.accuracies["conv1"]["conv1"] > 60


def test_s7_it_is_watched_and_where_maps_are_few_all_see_as_many_pictures(dataset):
    steps = list(train_second_model(dataset, CONFIG))
    assert [step.result is not None for step in steps] == [False] * (len(steps) - 1) + [True]
    assert list(dict.fromkeys(step.learner for step in steps)) == LEARNERS
    assert [step.done for step in steps] == sorted(step.done for step in steps) and steps[-1].done == 1
    seen = {step.learner: step.pictures for step in steps}
    assert max(seen.values()) <= 1.2 * min(seen.values())
    assert all(step.examples.dtype == torch.uint8 and step.examples.shape[1:] == (28, 28) for step in steps)


def test_s7_the_same_seed_gives_the_same_and_another_another(dataset, result):
    assert run_second_model(dataset, CONFIG).accuracies == result.accuracies
    other = run_second_model(dataset, replace(CONFIG, seed=7))
    one, two = (found.networks[DIGITS].state_dict()["features.conv1.weight"] for found in (result, other))
    assert not torch.equal(one, two)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"first": 3, "second": 3}, "Choose two different digits."),
        ({"learned": 0}, "Both networks need at least one digit of each class, and one epoch."),
        ({"architecture": "dense"}, "A network without convolutions has no feature maps to learn from."),
    ],
)
def test_s7_settings_that_cannot_be_are_one_sentence(settings, said):
    with pytest.raises(ValueError) as refused:
        SecondModelConfig(**settings)
    assert str(refused.value) == said


def test_s7_a_class_that_the_set_has_not_is_a_sentence(dataset):
    with pytest.raises(ValueError, match="made digits has only 10 classes"):
        next(train_second_model(dataset, replace(CONFIG, second=12)))


# Why


def test_s7_a_map_that_is_the_digit_is_alike_and_its_negative_is_told_apart(dataset):
    digits = select_two_classes(dataset.train, 1, 8, each=10)
    maps = torch.stack([digits.pixels, 255 - digits.pixels, torch.zeros_like(digits.pixels)], 1).flatten(0, 1)
    reason = measure_domain_gap("conv1", digits, type(digits)(maps, digits.labels.repeat_interleave(3)))
    assert reason.correlations.tolist() == pytest.approx([1, -1, 0], abs=1e-4) and reason.negatives == 1
    same = measure_domain_gap("conv1", digits, digits)
    assert same.distance == 0 < same.within_class < reason.distance
    assert torch.allclose(same.means[1], digits.images(digits.labels == 1)[:, 0].mean(0))


# All pairs


def test_s7_finished_pairs_are_kept_and_measured_again_for_other_settings(dataset, tmp_path):
    few, out = replace(dataset, classes=tuple("012")), tmp_path / "second-model.json"
    config = replace(CONFIG, learned=5, epochs=2)
    stopped = run_pairs(few, config, out)
    assert not next(stopped).kept
    stopped.close()
    steps = list(run_pairs(few, config, out))
    assert [(*step.task, step.kept) for step in steps] == [
        (0, 1, True),
        (0, 2, False),
        (1, 2, False),
    ]
    assert not next(run_pairs(few, replace(config, learned=6), out)).kept
    record = summarize([row for step in steps for row in step.rows], few, config)
    assert json.loads(json.dumps(record))["command"].startswith("python -m core study second-model --learned 5")
    assert "over 3 pairs network 1 reads" in record["conclusions"][0]
    assert list(conclude({**record, "rows": []})) == []


def test_s7_the_heat_map_is_symmetric_where_its_figures_are_and_empty_on_the_diagonal():
    percents = np.full((3, 3), np.nan)
    percents[0, 1] = percents[1, 0] = 99.5
    figure = draw_pairs(percents, "abc")
    assert figure.data[0].text[0] == ("", "99.5", "") or list(figure.data[0].text[0]) == ["", "99.5", ""]
    assert figure.data[0].zmin <= 95 and figure.data[0].zmax == 100


def test_s7_the_recorded_study_holds_all_pairs_and_its_conclusions_follow_from_them():
    try:
        shipped = load_recorded("second-model")
    except ValueError:
        pytest.skip("the study has not been recorded yet")
    assert len({(row["first"], row["second"]) for row in shipped["rows"]}) == 45
    assert shipped["conclusions"] == list(conclude(shipped))
