"""The lesson's arithmetic (C1 to C11, T7, T10, T11): what is written out is what PyTorch computes."""

import random
import time
from itertools import islice

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from core.convolution import dimensions, dropout, examples
from core.convolution.activation import ACTIVATION_FUNCTIONS, TITLES, softmax
from core.convolution.batch_norm import normalize_batch
from core.convolution.explanations import explain_value, stage_filter
from core.convolution.paths import trace_back, trace_forward
from core.convolution.pooling import POOLINGS, pool_maps, pool_window
from core.convolution.settings import Convolution, to_matrix
from core.convolution.trace import trace_stages
from core.convolution.window import Filter, convolve, format_number, format_products, format_sum, read_window, slide
from core.inversion.functions import with_inversion
from core.networks.architectures import ACTIVATIONS, ARCHITECTURES, Architecture, Stage, output_size
from core.networks.classifier import Classifier, build
from core.zoo import checkpoints
from tests.sample_digits import real_digits


def zoo_network(name: str) -> Classifier:
    return checkpoints.load_classifier(name).eval().requires_grad_(False)


def random_settings(count: int, seed: int = 0) -> list[dict[str, int]]:
    """Settings of all kinds, possible and impossible."""
    draw = random.Random(seed)
    return [
        {
            "size": draw.randint(1, 14),
            "window": draw.randint(1, 6),
            "padding": draw.randint(0, 3),
            "stride": draw.randint(1, 4),
            "dilation": draw.randint(1, 3),
            "channels": draw.randint(1, 4),
            "filters": draw.randint(1, 3),
        }
        for _ in range(count)
    ]


def test_c2_c4_every_number_written_out_is_pytorch_s_for_200_random_settings():
    torch.manual_seed(0)
    seen = 0
    for chosen in random_settings(600):
        moves = {name: chosen[name] for name in ("padding", "stride", "dilation")}
        inputs = torch.randn(chosen["channels"], chosen["size"], chosen["size"] + 1)
        weights = torch.randn(chosen["filters"], chosen["channels"], chosen["window"], chosen["window"])
        weights /= weights[0].numel() ** 0.5  # as in a network; PyTorch's own rounding grows with them
        bias = torch.randn(chosen["filters"])
        if moves["dilation"] * (chosen["window"] - 1) + 1 > chosen["size"] + 2 * moves["padding"]:
            continue
        expected = functional.conv2d(inputs[None], weights, bias, **moves)[0]
        for number in range(chosen["filters"]):
            one = Filter(weights[number], float(bias[number]), **moves)
            steps = list(slide(inputs, one))
            assert torch.allclose(convolve(inputs, one), expected[number], atol=1e-5, rtol=0)
            found = torch.tensor([step.window.total for step in steps]).reshape(expected[number].shape)
            assert torch.allclose(found, expected[number], atol=1e-5, rtol=0)
        seen += 1
        if seen == 200:
            return
    pytest.fail("too few settings were possible")


def test_c1_the_output_size_is_pytorch_s_for_1000_random_settings_and_the_rest_is_refused_with_the_reason():
    possible = refused = 0
    for chosen in random_settings(1000, seed=1):
        setting = Convolution(**chosen)
        network = nn.Conv2d(
            chosen["channels"],
            chosen["filters"],
            chosen["window"],
            chosen["stride"],
            chosen["padding"],
            chosen["dilation"],
        )
        inputs = torch.zeros(1, chosen["channels"], chosen["size"], chosen["size"])
        try:
            shape = network(inputs).shape
        except RuntimeError:
            with pytest.raises(ValueError, match=r"^a window of .* covers \d+ pixels, but there are only \d+"):
                _ = setting.output
            refused += 1
            continue
        assert setting.output == shape[2] == shape[3]
        assert setting.parameters == sum(one.numel() for one in network.parameters())
        possible += 1
    assert possible > 600 and refused > 50


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"dilation": 0}, "dilation must be at least 1: with 0 all weights of a window would meet one pixel."),
        ({"padding": -1}, "padding cannot be negative."),
        ({"stride": 0}, "size, window and stride must be at least 1."),
        ({"filters": 0}, "a convolution needs at least one channel and one filter."),
        ({"size": 4, "window": 5}, "a window of 5 covers 5 pixels, but there are only 4."),
    ],
)
def test_c4_what_cannot_be_is_refused_with_the_reason(settings, reason):
    with pytest.raises(ValueError) as refusal:
        _ = Convolution(**settings).output
    assert str(refusal.value) == reason


def test_c4_the_window_lands_where_the_formula_says():
    setting = Convolution(size=7, window=3, padding=1, stride=2, dilation=1)
    assert setting.output == 4
    assert [setting.window_pixels(place) for place in range(4)] == [[-1, 0, 1], [1, 2, 3], [3, 4, 5], [5, 6, 7]]
    assert setting.coverage() == [1, 2, 1, 2, 1, 2, 1]
    assert setting.write_formula() == "⌊(7 + 2·1 − 1·(3 − 1) − 1) / 2⌋ + 1 = 4"


def test_c2_the_seed_s_picture_starts_with_4():
    steps = list(slide(examples.PICTURE, examples.CROSS))
    assert [step.window.total for step in steps] == [4, 3, 4, 2, 4, 3, 2, 3, 4]
    assert format_products(steps[0].window) == "1·1 + 1·0 + 1·1 + 0·0 + 1·1 + 1·0 + 0·1 + 0·0 + 1·1 = 4"


def test_c3_the_seed_s_photo_gives_minus_25():
    window = read_window(examples.PHOTO, examples.COLOR_FILTER, 0, 0)
    assert window.sums == [308, -498, 164] and window.total == -25
    assert format_sum(window) == "308 − 498 + 164 + 1 = −25"
    assert window.rows == window.columns == (-1, 0, 1) and not window.values[:, 0].any()


def test_a_place_or_a_channel_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="there is no place 3: the output has 3 places"):
        read_window(examples.PICTURE, examples.CROSS, 3, 0)
    with pytest.raises(ValueError, match="the filter has 1 channels, but the input has 3"):
        read_window(examples.PHOTO, examples.CROSS, 0, 0)


def test_numbers_are_written_as_people_write_them():
    assert [format_number(one) for one in (3.0, -0.0, -25.0, 0.12345, -0.5, -1e-5)] == [
        "3",
        "0",
        "−25",
        "0.123",
        "−0.500",
        "0.000",
    ]


def test_c6_the_seed_s_pooling_gives_333_333_323():
    assert pool_maps(examples.POOLED, "max", 3, 1)[0].tolist() == [[3, 3, 3], [3, 3, 3], [3, 2, 3]]
    found = pool_window(examples.POOLED[0], "max", 3, 1, 2, 1)
    assert found.result == 2 and found.sentence == "the largest of 1, 2, 2, 0, 0, 2, 0, 0, 0 = 2"
    assert found.winners.tolist() == [[False, True, True], [False, False, True], [False, False, False]]


def test_c6_every_kind_of_pooling_is_what_numpy_says():
    maps = torch.randint(0, 4, (3, 9, 8), generator=torch.Generator().manual_seed(2)).float()
    kinds = {
        "max": np.max,
        "average": np.mean,
        "min": np.min,
        "median": np.median,
        "mode": lambda one: np.bincount(one.astype(int)).argmax(),
    }
    assert set(kinds) == set(POOLINGS)
    for kind, expected in kinds.items():
        for window, stride in ((2, 2), (3, 2), (4, 3)):
            found = pool_maps(maps, kind, window, stride)
            for channel, row, column in np.ndindex(*found.shape):
                top, left = row * stride, column * stride
                values = maps[channel, top : top + window, left : left + window].numpy().ravel()
                assert found[channel, row, column] == pytest.approx(expected(values), abs=1e-6)
                looked = pool_window(maps[channel], kind, window, stride, row, column)
                assert looked.result == found[channel, row, column]


def test_c6_max_and_average_pooling_are_pytorch_s():
    maps = torch.randn(4, 13, 13)
    assert torch.equal(pool_maps(maps, "max", 3, 2), functional.max_pool2d(maps[None], 3, 2)[0])
    assert torch.allclose(pool_maps(maps, "average", 3, 2), functional.avg_pool2d(maps[None], 3, 2)[0], atol=1e-6)
    with pytest.raises(ValueError, match="a window of 14 covers 14 pixels, but there are only 13."):
        pool_maps(maps, "max", 14, 1)


def test_t11_a_convolution_is_a_dense_layer_with_few_weights():
    weights = torch.randn(2, 3, 3, 3)
    setting = Convolution(size=6, window=3, padding=1, stride=2, channels=3, filters=2)
    matrix, inputs = to_matrix(weights, 6, padding=1, stride=2), torch.randn(3, 6, 6)
    expected = functional.conv2d(inputs[None], weights, padding=1, stride=2).flatten()
    assert torch.allclose(matrix @ inputs.flatten(), expected, atol=1e-5)
    assert setting.parameters == 2 * (27 + 1) and setting.dense_parameters == matrix.numel() + len(matrix)
    assert len(matrix.unique()) == 2 * 27 + 1  # the weights, and zero


@pytest.mark.parametrize("dimension", [1, 2, 3])
@pytest.mark.parametrize("kind", [dimensions.SMOOTH, dimensions.CHANGE])
def test_c5_a_sum_of_products_moves_along_one_two_or_three_dimensions(dimension, kind):
    given = torch.randn((9, 8, 7)[:dimension])
    found = dimensions.convolve_dimensions(given, dimensions.make_filter(kind, dimension))
    assert found.outputs.shape == (7, 6, 5)[:dimension] and found.places == found.outputs.numel()
    for at in np.ndindex(*found.outputs.shape):
        part = given[tuple(slice(start, start + 3) for start in at)]
        assert float(found.outputs[at]) == pytest.approx(float((part * found.weights).sum()), abs=1e-5)


def test_c5_a_filter_along_time_sees_only_what_moves():
    film = examples.to_film(real_digits(1).images()[0, 0])
    change = dimensions.convolve_dimensions(film, dimensions.make_filter(dimensions.CHANGE, 3)).outputs
    assert film.shape == (10, 28, 28) and change.shape == (8, 26, 26)
    assert change[:2].abs().max() < 1e-6 and change[3].abs().max() > 0.1
    with pytest.raises(ValueError, match="a filter of 2 dimensions cannot move along 3"):
        dimensions.convolve_dimensions(film, torch.ones(3, 3))


def test_t7_batch_norm_is_pytorch_s_step_by_step():
    maps = torch.relu(functional.conv2d(real_digits(32).images(), torch.randn(1, 1, 5, 5)))
    found = normalize_batch(maps[:, 0], gamma=1.5, beta=-0.25)
    expected = functional.batch_norm(
        maps, None, None, torch.tensor([1.5]), torch.tensor([-0.25]), training=True, eps=1e-5
    )
    assert torch.allclose(found.scaled, expected[:, 0], atol=1e-5)
    assert abs(float(found.normalized.mean())) < 1e-5 and float(found.normalized.std()) == pytest.approx(1, abs=1e-3)
    assert torch.allclose(found.centred, maps[:, 0] - found.mean)


def test_t7_a_map_without_any_spread_stays_finite():
    assert torch.isfinite(normalize_batch(torch.full((4, 3, 3), 2.0)).scaled).all()


def test_t10_each_time_other_values_are_left_out_and_the_answer_spreads():
    network, image = zoo_network("standard"), real_digits(1).images()[0]
    for place in dropout.dropout_places(network):
        found = list(islice(dropout.sample_dropout(network, image, place=place, rate=0.5, seed=3), 20))
        answers = torch.stack([one.probabilities for one in found])
        assert torch.allclose(answers.sum(1), torch.ones(20)) and answers.std(0).max() > 0
        assert 0.3 < float(found[0].kept.float().mean()) < 0.7 and not torch.equal(found[0].kept, found[1].kept)
        again = next(dropout.sample_dropout(network, image, place=place, rate=0.5, seed=3))
        assert torch.equal(again.probabilities, found[0].probabilities)


def test_t10_with_nothing_left_out_it_is_the_plain_answer():
    network, image = zoo_network("missing-feature"), real_digits(1).images()[0]
    for place in dropout.dropout_places(network):
        found = next(dropout.sample_dropout(network, image, place=place, rate=0.0))
        assert torch.allclose(found.probabilities, network.predict(image[None])[0], atol=1e-6)
    assert dropout.dropout_places(zoo_network("synergy")) == [dropout.FEATURES]
    with pytest.raises(ValueError, match="at least 0 and below 1"):
        next(dropout.sample_dropout(network, image, rate=1.0))


EVERY_KIND = ("published", "LeNet-5", "small, batch norm", "small, shuffled pixels", "dense", "talk")


@pytest.mark.parametrize("architecture", EVERY_KIND)
def test_c2_c7_every_number_of_every_stage_is_accounted_for(architecture):
    network = build(ARCHITECTURES[architecture], seed=3).eval().requires_grad_(False)
    stations = trace_stages(with_inversion(network, "complement"), real_digits(1).images()[0])
    draw = random.Random(4)
    assert [station.name for station in stations][-1].startswith("fc")
    for station in stations:
        shape = (*station.outputs.shape, 1, 1)[:3]
        for _ in range(4):
            place = tuple(draw.randrange(size) for size in shape)
            found = explain_value(station, place)
            value = float(station.outputs[place] if station.spatial else station.outputs[place[0]])
            assert found.value == pytest.approx(value, abs=1e-5) and found.formula
            assert len(found.sources) >= 1
    with pytest.raises(ValueError, match="there is no place"):
        explain_value(stations[0], (0, 28, 0))


def test_the_way_on_is_what_the_network_gives_there():
    stations = trace_stages(zoo_network("standard"), real_digits(3).images()[2])
    assert [station.name for station in stations][1:4] == ["conv1", "pool1", "relu1"]
    stops = trace_forward(stations, 1, (7, 11, 12))
    assert [(stations[stop.stage_index].name, stop.place) for stop in stops] == [
        ("pool1", (7, 5, 6)),
        ("relu1", (7, 5, 6)),
    ]
    for stop in stops:
        assert stop.explanation.value == pytest.approx(float(stations[stop.stage_index].outputs[stop.place]), abs=1e-5)


def test_the_way_back_leads_to_the_pixels():
    stations = trace_stages(zoo_network("standard"), real_digits(3).images()[2])
    stops = trace_back(stations, len(stations) - 1, (4, 0, 0))
    names = [stations[stop.stage_index].name for stop in stops]
    assert names == [station.name for station in reversed(stations)] and len(names) > 9
    for later, earlier in zip(stops, stops[1:], strict=False):
        assert earlier.place in later.explanation.sources


def test_a_network_is_not_changed_by_looking_at_it():
    network, image = zoo_network("standard"), real_digits(1).images()[0]
    before, logits = {k: v.clone() for k, v in network.state_dict().items()}, network(image[None])
    stations = trace_stages(network, image)
    explain_value(stations[1], (0, 3, 3))
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    assert torch.equal(network(image[None]), logits) and torch.allclose(stations[-1].outputs, logits[0], atol=1e-6)
    assert not any(module._forward_hooks for module in network.modules())


def test_the_whole_way_of_a_digit_takes_a_few_milliseconds():
    network, image = zoo_network("standard"), real_digits(1).images()[0]
    trace_stages(network, image)
    start = time.perf_counter()
    stations = trace_stages(network, image)
    explain_value(stations[4], (7, 2, 2))
    trace_back(stations, 4, (7, 2, 2))
    assert time.perf_counter() - start < 0.25  # on a busy machine; measured 2 ms


def test_c9_shuffled_pixels_are_the_same_pixels_in_one_order_for_all():
    images = real_digits(3).images()
    network = build(ARCHITECTURES["small, shuffled pixels"]).eval().requires_grad_(False)
    shuffled = network.features.shuffle1(images)
    assert torch.equal(shuffled.flatten(1).sort(1).values, images.flatten(1).sort(1).values)
    assert not torch.equal(shuffled, images)
    order = network.features.shuffle1(torch.arange(784.0).reshape(1, 1, 28, 28)).flatten().long()
    assert torch.equal(shuffled.flatten(1), images.flatten(1)[:, order])
    assert not dict(network.features.shuffle1.named_parameters()) and output_size(28, 3) == 26


def test_c9_the_shipped_networks_show_that_only_the_convolutional_one_minds():
    whole = {
        name: checkpoints.load_card(name).accuracies()["whole"]
        for name in ("local-conv", "local-conv-shuffled", "local-dense", "local-dense-shuffled")
    }
    assert whole["local-conv"] - whole["local-conv-shuffled"] > 2
    assert abs(whole["local-dense"] - whole["local-dense-shuffled"]) < 1


def test_filters_are_handed_over_as_the_network_has_them():
    station = trace_stages(zoo_network("standard"), real_digits(1).images()[0])[1]
    one = stage_filter(station, 3)
    assert torch.equal(one.weights, station.stage.weight[3]) and (one.padding, one.stride, one.dilation) == (0, 1, 1)


def test_c7_activations_and_the_softmax_are_pytorch_s():
    given = torch.linspace(-8, 8, 65)
    assert set(ACTIVATION_FUNCTIONS) == set(ACTIVATIONS) == set(TITLES)
    for kind, function in ACTIVATION_FUNCTIONS.items():
        stage = build(Architecture("one", (Stage(kind),))).features[1]
        assert torch.equal(function(given), stage(given))
    logits = torch.tensor([3.0, -200.0, 900.0, 899.0])
    found = softmax(logits)
    assert torch.allclose(found.probabilities, logits.softmax(0)) and found.total == pytest.approx(1.3679, abs=1e-3)
