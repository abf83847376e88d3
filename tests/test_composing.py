"""Networks of one's own: counted before they are built, and refused when they are too much for a machine for all."""

import pytest

from core.inversion.functions import with_two_heads
from core.networks.architectures import ARCHITECTURES, POOL, SHUFFLE, TANH, Architecture, Stage, conv
from core.networks.classifier import build, summarize, summarize_network
from core.networks.composing import Block, compose, decompose
from core.networks.cost import check_size, count_cost


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_t11_parameters_are_counted_without_building_as_they_are_with(name):
    architecture = ARCHITECTURES[name]
    assert count_cost(architecture).parameters == sum(row.parameters for row in summarize(architecture))


def test_the_second_head_is_counted_too():
    architecture = ARCHITECTURES["published"]
    network = with_two_heads(build(architecture), "both", seed=1)
    cost = count_cost(architecture, heads=2)
    assert cost.parameters == sum(row.parameters for row in summarize_network(network))
    assert check_size(architecture, heads=2).operations == cost.operations > check_size(architecture).operations


def test_a8_blocks_become_the_keras_network_with_batch_norm():
    block = Block(filters=8, norm="after")
    composed, small = compose([block, block], [64]), ARCHITECTURES["small, batch norm"]
    assert composed.features == small.features and composed.hidden == small.hidden


def test_c7_every_part_of_a_block_is_a_stage_in_its_place():
    block = Block(activation="tanh", norm="before", pool="mean", pool_size=3, drop=0.2, stride=2, dilation=2, padding=1)
    network = build(compose([block], [7], dropout=0.5))
    named = dict(network.named_modules())
    stages = [name.removeprefix("features.") for name in named if name.startswith("features.")]
    assert stages == ["normalize", "conv1", "norm1", "tanh1", "mean_pool1", "drop1", "flatten"]
    assert named["features.drop1"].p == 0.2 and named["features.mean_pool1"].kernel_size == 3
    assert named["features.conv1"].stride == named["features.conv1"].dilation == (2, 2)
    assert [name for name, _ in network.head.named_children()] == ["fc1", "fc_tanh1", "fc_drop1", "fc2"]


def test_the_blocks_of_a_network_are_found_again():
    odd = Block(activation="tanh", norm="before", pool="mean", pool_size=3, drop=0.2, stride=2, dilation=2, padding=1)
    for blocks in ([], [Block()], [odd, Block(pool="none", norm="after")]):
        assert decompose(compose(blocks, [7], dropout=0.5)) == blocks
    assert decompose(ARCHITECTURES["talk"]) is None, "its pooling comes before its activation"
    assert decompose(ARCHITECTURES["small, shuffled pixels"]) is None


def test_multiplications_are_those_of_the_formula():
    # 8 filters of 9 weights at 26 x 26 places; 8 x 8 x 9 at 11 x 11; then 200 x 64 and 64 x 10
    assert count_cost(ARCHITECTURES["small"]).products == 8 * 9 * 676 + 64 * 9 * 121 + 12_800 + 640


@pytest.mark.parametrize(
    ("architecture", "said"),
    [
        (compose([], [1024, 1024]), "This network would learn 1,863,690 parameters; the limit is 1,200,000"),
        (compose([Block(filters=64, padding=1, pool="none")] * 3, []), "This network would multiply "),
        (Architecture("wide", (conv(64, 1, 300),)), "Stage 1 (conv): its padding is at most 8."),
        (Architecture("wide", (conv(64, 1, 8),)), "This network would "),
        (Architecture("deep", (SHUFFLE,) * 31), "A network has at most 30 stages, not 31."),
        (
            Architecture("slow", (conv(64, 1, 8), conv(64, 1, 8), *(TANH,) * 27, Stage("pool", size=8))),
            "This network would take as long as ",
        ),
        (Architecture("far", (Stage("conv", 1, 3, 8, stride=7),) * 3), "This network would see "),
        (Architecture("shuffled late", (POOL, SHUFFLE)), "Stage 2 (shuffle) cannot be built: only whole pictures"),
        (compose([], [1] * 5), "A network has at most 4 hidden layers, not 5."),
        (compose([], [1025]), "A hidden layer has from 1 to 1,024 units."),
        (compose([], [0]), "A hidden layer has from 1 to 1,024 units."),
        (Architecture("crowd", (), classes=101), "A network tells from 2 to 100 classes apart."),
        (compose([Block(drop=1.0)], []), "Dropout removes a share from 0 up to 1."),
        (compose([Block(size=25), Block()], []), "Stage 4 (conv) cannot be built: a window of 3 covers 3 pixels"),
        (compose([Block(dilation=0)], []), "Stage 1 (conv) cannot be built: dilation must be at least 1"),
    ],
)
def test_what_is_too_much_or_impossible_is_one_sentence(architecture, said):
    with pytest.raises(ValueError) as refused:
        check_size(architecture)
    assert str(refused.value).startswith(said) and "\n" not in str(refused.value)
