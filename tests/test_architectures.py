"""Every architecture of the seeds by its own counts, and impossible ones refused with the formula (A1 to A12, C1)."""

import random

import pytest
import torch
from torch import nn

from core.networks.architectures import ARCHITECTURES, RELU, Architecture, Stage, conv, output_size
from core.networks.classifier import build, summarize

PARAMETERS = {
    "one conv": 63_050,
    "two conv": 25_258,
    "assignment": 799_078,
    "talk": 21_840,
    "published": 431_080,
    "small": 14_178,
    "dense": 669_706,
    "small, shuffled pixels": 14_178,
    "dense, shuffled pixels": 669_706,
    "small, batch norm": 14_242,
    "64 filters": 140_682,
    "64 filters, batch norm": 141_194,
    "LeNet-5": 61_706,
    "fast": 18_570,
    "fast on a GPU": 129_482,
}


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a1_to_a12_networks_have_as_many_parameters_as_the_seeds_count(name):
    assert sum(line.parameters for line in summarize(ARCHITECTURES[name])) == PARAMETERS[name]


def test_a6_the_table_is_the_one_that_keras_prints():
    table = {line.stage: (line.shape, line.parameters) for line in summarize(ARCHITECTURES["small"])}
    assert table["conv1"] == ((8, 26, 26), 80) and table["pool1"] == ((8, 13, 13), 0)
    assert table["conv2"] == ((8, 11, 11), 584) and table["pool2"] == ((8, 5, 5), 0)
    assert table["flatten"][0] == (200,)
    assert table["fc1"] == ((64,), 12_864) and table["fc2"] == ((10,), 650)


def test_a7_the_dense_network_reads_pixels_and_has_the_seeds_layers():
    table = {line.stage: line.parameters for line in summarize(ARCHITECTURES["dense"])}
    assert (table["fc1"], table["fc2"], table["fc3"]) == (401_920, 262_656, 5_130)


def test_a8_batch_norm_comes_after_the_activation():
    stages = [stage.kind for stage in ARCHITECTURES["small, batch norm"].features]
    assert stages == ["conv", "relu", "norm", "pool"] * 2


def test_m2_m5_to_m8_another_activation_changes_nothing_else():
    ordinary = ARCHITECTURES["published"]
    other = ordinary.with_activation("sigmoid")
    assert [stage.kind for stage in other.features] == ["conv", "pool", "sigmoid"] * 2
    assert [line.parameters for line in summarize(other)] == [line.parameters for line in summarize(ordinary)]


def random_window(chance: random.Random) -> dict[str, int]:
    return {
        "size": chance.randint(1, 40),
        "window": chance.randint(1, 9),
        "padding": chance.randint(0, 4),
        "stride": chance.randint(1, 4),
        "dilation": chance.randint(1, 4),
    }


def test_c1_the_output_size_is_torchs_on_a_thousand_random_settings_and_the_impossible_are_refused():
    chance = random.Random(1)
    refused = 0
    for _ in range(1000):
        setting = random_window(chance)
        size, window = setting.pop("size"), setting.pop("window")
        module = nn.Conv1d(1, 1, window, **setting)
        try:
            ours = output_size(size, window, **setting)
        except ValueError:
            refused += 1
            with pytest.raises(RuntimeError):
                module(torch.zeros(1, 1, size))
        else:
            assert ours == module(torch.zeros(1, 1, size)).shape[-1]
    assert 50 < refused < 500


def test_c1_why_dilation_is_never_0_is_explained():
    with pytest.raises(ValueError, match="dilation must be at least 1: with 0 all weights of a window would meet"):
        output_size(5, 3, dilation=0)


@pytest.mark.parametrize(
    ("features", "sentence"),
    [
        ((conv(4, 5), Stage("pool", size=30)), r"Stage 2 \(pool\) cannot be built: a window of 30 covers 30 pixels"),
        ((Stage("conv", 4, 9, dilation=4),), "a window of 9 spread by 4 covers 33 pixels, but there are only 28"),
        ((conv(0, 3),), "a convolution needs at least one filter"),
        ((Stage("conv", 4, 3, stride=0),), "size, window and stride must be at least 1"),
        ((conv(2, 3), Stage("swirl")), r"^There is no stage called 'swirl'\.$"),
    ],
)
def test_stages_that_do_not_fit_are_explained_before_anything_is_built(features, sentence):
    with pytest.raises(ValueError, match=sentence):
        build(Architecture("odd", features))


def test_every_stage_of_a_composed_network_runs():
    features = (
        Stage("conv", 6, 3, padding=1, stride=2, dilation=2),
        Stage("norm"),
        Stage("silu"),
        Stage("mean_pool"),
        conv(4, 2),
        Stage("leaky_relu"),
        Stage("drop", rate=0.1),
        Stage("relu6"),
        RELU,
        Stage("tanh"),
        Stage("sigmoid"),
    )
    composed = Architecture("composed", features, hidden=(7,), activation="sigmoid")
    shapes = list(composed.shapes())
    activations = build(composed).eval().activations(torch.rand(2, 1, 28, 28))
    assert shapes[-1] == tuple(activations["sigmoid1"].shape[1:]) and activations["fc2"].shape == (2, 10)
