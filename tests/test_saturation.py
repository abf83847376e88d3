"""Sigmoids that saturate while a network learns, with and without batch norm (E5)."""

import numpy as np
import pytest
import torch

from core.training.saturation import ARMS, BINS, WITH, WITHOUT, SaturationConfig, SaturationStep, compare_batch_norm
from core.visualization.saturation import draw_saturation
from dashboard.convolution.saturation_views import RECORDED_SATURATION, describe_saturation, to_frame
from dashboard.widgets import recorded_runs
from tests.pages import first_sentence, open_page, text_of
from tests.sample_digits import made_dataset, real_set

SMALL = SaturationConfig(epochs=1, digits=100, seeds=2)


@pytest.fixture(scope="module")
def steps() -> list[SaturationStep]:
    dataset = made_dataset(120, 60)
    return list(compare_batch_norm(dataset.train, dataset.validation, SMALL))


def test_e5_both_networks_are_measured_at_first_and_twice_in_each_epoch(steps: list[SaturationStep]) -> None:
    assert [step.epoch for step in steps] == [0, 0.5, 1]
    for step in steps:
        assert tuple(step.stages) == ARMS and all(len(found) == SMALL.seeds for found in step.accuracies.values())
        for stages in step.stages.values():
            assert [one.stage for one in stages] == ["sigmoid1", "sigmoid2", "sigmoid3"]
            assert all(float(one.histogram.sum()) == pytest.approx(1, abs=1e-4) for one in stages)
            edges = [100 * float(one.histogram[[0, -1]].sum()) for one in stages]
            assert [one.saturated for one in stages] == pytest.approx(edges, abs=0.1)


def test_e5_at_first_nothing_is_saturated(steps: list[SaturationStep]) -> None:
    assert max(one.saturated for stages in steps[0].stages.values() for one in stages) < 20


def test_e5_a_run_can_be_repeated(steps: list[SaturationStep]) -> None:
    dataset = made_dataset(120, 60)
    *_, again = compare_batch_norm(dataset.train, dataset.validation, SMALL)
    assert again.accuracies == steps[-1].accuracies
    assert torch.equal(again.stages[WITH][0].histogram, steps[-1].stages[WITH][0].histogram)


@pytest.mark.mnist
@pytest.mark.slow
def test_e5_without_batch_norm_the_sigmoids_saturate_and_with_it_the_network_learns() -> None:
    dataset = real_set()
    *_, last = compare_batch_norm(dataset.train, dataset.validation, SaturationConfig(epochs=3, seeds=1))
    assert last.stages[WITHOUT][-1].saturated > 90 > last.stages[WITH][-1].saturated + 20
    assert last.accuracies[WITHOUT][0] < 30 < 70 < last.accuracies[WITH][0]


@pytest.mark.parametrize("wrong", [{"seeds": 0}, {"epochs": 21}, {"digits": 99}])
def test_e5_impossible_settings_cost_a_sentence(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"^There are 1 to 10 seeds"):
        SaturationConfig(**wrong)


def test_e5_a_frame_has_a_histogram_for_every_stage_and_the_mean_accuracy(steps: list[SaturationStep]) -> None:
    frames = [to_frame(step) for step in steps]
    assert len({frame.shape for frame in frames}) == 1 and tuple(frames[0].values) == ARMS
    assert sum("saturated" in label.text for label in frames[0].labels) == 6
    assert "the same network without batch norm" in describe_saturation(frames)
    empty, full = np.zeros(BINS), np.eye(BINS)[0]
    plain, one_bar = (draw_saturation({"a": [("b", shares)]}).picture for shares in (empty, full))
    assert one_bar.shape == plain.shape and (one_bar != plain).any()


def test_e5_the_page_plays_a_recorded_run_at_once_and_its_result_is_a_sentence_first() -> None:
    run = recorded_runs.load(RECORDED_SATURATION)
    last = run.frames[-1]
    assert last.at == SaturationConfig().epochs and last.values[WITH] > 70 > last.values[WITHOUT]
    app = open_page("convolution", view="Saturation")
    assert first_sentence(app) == describe_saturation(run.frames)
    assert "A recorded run with the default settings." in text_of(app)
