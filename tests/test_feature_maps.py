"""Feature maps and filters: what a plain forward pass gives, for everyone alone, and never more than is known."""

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from core.feature_maps.filters import list_filters, measure_filter_change
from core.feature_maps.stage_maps import compute_stage_maps, last_features, relative_change, subtract_maps, to_npz
from core.inversion.functions import features_hash, with_inversion
from core.jobs import run_folders, training_snapshots
from core.jobs.initial_networks import find_initial_network
from core.maximization.objectives import MapMax
from core.maximization.top_digits import find_top_digits
from core.networks.architectures import ARCHITECTURES
from core.networks.classifier import build
from core.system import checkpoint_files
from core.visualization.feature_maps import color_limits, draw_legend, draw_tiles, name_filters, name_maps, tile_size
from core.zoo import checkpoints
from core.zoo.checkpoints import load_classifier
from core.zoo.recipes import RECIPES
from tests.job_runs import own_runs
from tests.sample_digits import real_digits
from tests.tiny_training import TINY, name_of, train_here

STANDARD = load_classifier("standard")


def image_of(number: int) -> torch.Tensor:
    return real_digits(number + 1).images(slice(number, number + 1))[0]


def by_name(network, image):
    return {one.stage: one for one in compute_stage_maps(network, image)}


# Maps


@pytest.mark.parametrize("name", [name for name in RECIPES if (checkpoint_files.SHIPPED / f"{name}.json").is_file()])
def test_a13_f4_the_maps_of_every_shipped_network_are_those_of_a_plain_forward_pass(name):
    network, image = load_classifier(name), image_of(3)
    output, expected = image[None], {}
    for stage, module in [
        *network.features.named_children(),
        ("inverted", network.inversion),
        *network.head.named_children(),
    ]:
        with torch.no_grad():
            output = module(output)
        expected[stage] = output[0].flatten()
    found = by_name(network, image)
    assert list(found) == list(expected)
    assert all((found[stage].maps.flatten() - one).abs().max() <= 1e-6 for stage, one in expected.items())


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_f4_maps_have_the_dimensions_that_the_architecture_promises(name):
    architecture = ARCHITECTURES[name]
    found = [
        one.maps.shape
        for one in compute_stage_maps(build(architecture).eval(), image_of(0))
        if one.spatial and not one.repeats
    ]
    promised = [
        shape for shape, stage in zip(architecture.shapes(), architecture.features, strict=True) if stage.kind != "drop"
    ]
    assert [tuple(shape) for shape in found] == [(1, 28, 28), *promised]


def test_f4_only_what_passes_on_what_it_is_given_is_called_a_repetition():
    stages = compute_stage_maps(STANDARD, image_of(0))
    for before, after in zip(stages, stages[1:], strict=False):
        if after.repeats:
            assert torch.equal(before.maps, after.maps)
    assert [one.stage for one in stages if one.repeats] == ["flatten", "inverted"]
    assert [
        one.stage for one in compute_stage_maps(load_classifier("missing-feature"), image_of(0)) if one.repeats
    ] == ["flatten"]


def test_inverted_features_lie_beside_the_present_ones_place_by_place():
    stages = compute_stage_maps(load_classifier("missing-feature"), image_of(1))
    inverted = next(one for one in stages if one.stage == "inverted")
    assert last_features(stages).maps.shape == (50, 4, 4) and torch.equal(inverted.maps, 1 - last_features(stages).maps)
    both = by_name(load_classifier("synergy"), image_of(1))["inverted"].maps
    assert torch.equal(1 - both[:50], both[50:])


def test_silent_maps_and_zeros_are_counted():
    found = by_name(STANDARD, torch.zeros(1, 28, 28))["relu2"]
    values = found.maps.flatten(1)
    assert found.zero_maps == sum(not bool(one.any()) for one in values)
    assert found.zero_share == pytest.approx(float((values == 0).float().mean())) and found.low == 0 <= found.high


def test_the_difference_of_two_digits_is_that_of_their_maps_and_none_of_a_digit_and_itself():
    first, second = compute_stage_maps(STANDARD, image_of(0)), compute_stage_maps(STANDARD, image_of(1))
    for one, other, difference in zip(first, second, subtract_maps(first, second), strict=True):
        assert torch.equal(difference.maps, other.maps - one.maps)
    assert not any(one.maps.any() for one in subtract_maps(first, first))
    assert relative_change(first[0], first[0]) == 0 < relative_change(first[0], second[0])


def test_a_change_of_nothing_is_infinite():
    nothing = replace(compute_stage_maps(STANDARD, image_of(0))[1], maps=torch.zeros(2, 3, 3))
    assert relative_change(nothing, replace(nothing, maps=torch.ones(2, 3, 3))) == float("inf")
    assert relative_change(nothing, nothing) == 0


def test_maps_of_networks_that_are_built_differently_are_not_compared():
    with pytest.raises(ValueError, match="built alike"):
        subtract_maps(
            compute_stage_maps(STANDARD, image_of(0)), compute_stage_maps(load_classifier("assignment"), image_of(0))
        )


def test_f4_all_maps_can_be_taken_home():
    stages = compute_stage_maps(STANDARD, image_of(0))
    with np.load(io.BytesIO(to_npz(stages))) as stored:
        assert list(stored) == [one.stage for one in stages]
        assert all(np.array_equal(stored[one.stage], one.maps.numpy()) for one in stages)


def test_many_visitors_looking_at_once_never_see_each_other_s_maps():
    """All with the same shared network, each with a digit of their own."""
    images = real_digits(8).images()
    expected = [compute_stage_maps(STANDARD, image) for image in images]

    def visit(number: int) -> bool:
        mine = expected[number]
        for _ in range(25):
            found = compute_stage_maps(STANDARD, images[number])
            if not all(torch.equal(one.maps, other.maps) for one, other in zip(found, mine, strict=True)):
                return False
        return True

    with ThreadPoolExecutor(len(images)) as visitors:
        assert all(visitors.map(visit, range(len(images))))


def test_looking_leaves_no_hook_no_gradient_and_no_other_weight_on_the_network():
    before = {name: tensor.clone() for name, tensor in STANDARD.state_dict().items()}
    stages = compute_stage_maps(STANDARD, image_of(0).requires_grad_())
    list_filters(STANDARD)[0].weights.zero_()  # a copy
    for module in STANDARD.modules():
        assert not module._forward_hooks and not module._forward_pre_hooks and not module._backward_hooks
    assert all(torch.equal(before[name], tensor) for name, tensor in STANDARD.state_dict().items())
    assert not any(one.maps.requires_grad for one in stages)
    assert all(one.grad is None for one in STANDARD.parameters())


def test_f5_the_digits_that_excite_a_map_most_are_those_of_its_strongest_places():
    digits = real_digits(60)
    found = find_top_digits(STANDARD, MapMax("conv2", tuple(range(50))), digits, count=3)
    with torch.no_grad():
        peaks = STANDARD.activations(digits.images())["conv2"].amax((2, 3))
    assert torch.allclose(found.activations, peaks.T.topk(3).values)
    assert torch.equal(found.indices[7], peaks[:, 7].topk(3).indices)


# Filters


def test_f1_the_lecture_s_network_has_the_filters_of_the_lecture():
    filters = list_filters(load_classifier("local-conv"))
    assert [one.keras_shape for one in filters] == [(3, 3, 1, 8), (3, 3, 8, 8)]
    assert list_filters(load_classifier("local-dense")) == ()


@pytest.mark.parametrize("name", ["standard", "assignment", "local-conv", "standard-tanh"])
def test_f1_trained_filters_resemble_the_start_they_are_said_to_have_and_no_other(name):
    """Proof that the start is the right one: filters remember where they began."""
    network, origin = load_classifier(name), find_initial_network(name)
    assert origin is not None and origin.parent is None
    other = build(RECIPES[name].design(), seed=origin.seed + 1)
    for now, start, wrong in zip(*map(list_filters, (network, origin.network, other)), strict=True):
        assert measure_filter_change(start, now).cosine > 0.3 > abs(measure_filter_change(wrong, now).cosine)


def test_m9_frozen_filters_have_not_moved_and_those_of_the_unfrozen_network_have():
    for name, frozen in (("missing-feature", True), ("missing-unfrozen", False)):
        origin = find_initial_network(name)
        assert origin is not None and origin.parent == "standard"
        moves = [
            measure_filter_change(*pair)
            for pair in zip(list_filters(origin.network), list_filters(load_classifier(name)), strict=True)
        ]
        assert all((move.relative_length == 0) == frozen for move in moves)


def test_filters_of_different_layers_have_no_distance():
    first, second = list_filters(STANDARD)
    with pytest.raises(ValueError, match="built alike"):
        measure_filter_change(first, second)


def test_a_start_is_never_claimed_that_another_pytorch_or_another_story_has_made(tmp_path, monkeypatch):
    card = checkpoints.load_card("standard")
    monkeypatch.setattr(checkpoint_files, "SHIPPED", tmp_path)
    for changes in ({"versions": {"torch": "1.0"}}, {"seed": 7}, {"recipe": {**card.recipe, "start": "assignment"}}):
        checkpoints.save_network(replace(card, **changes), STANDARD, tmp_path)
        assert find_initial_network("standard") is None


def test_frozen_features_that_are_not_those_of_where_they_are_said_to_come_from_have_no_known_start(
    tmp_path, monkeypatch
):
    card, other = checkpoints.load_card("missing-feature"), with_inversion(load_classifier("robust"), "complement")
    monkeypatch.setattr(checkpoint_files, "SHIPPED", tmp_path)
    checkpoints.save_network(replace(card, features_sha256=features_hash(other)), other, tmp_path)
    assert find_initial_network("missing-feature") is None


def test_there_is_no_start_of_a_network_that_is_not_there():
    assert find_initial_network("nobody") is None


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with own_runs(tmp_path, monkeypatch) as runs_folder:
        runs_folder.mkdir()
        yield runs_folder


def test_f1_the_start_of_a_visitor_s_network_is_the_first_picture_of_its_run(folder):
    job = train_here(architecture=TINY.to_dict(), seed=5)
    origin, pictures = find_initial_network(name_of(job)), training_snapshots.list_snapshots(job.folder)
    assert origin is not None and origin.seed == 5 and origin.parent is None
    start, end = (training_snapshots.load_snapshot(job.folder, pictures[at]).filters for at in (0, -1))
    found = list_filters(origin.network)[0].weights[:, 0].numpy()
    assert np.abs(found - start).max() < 1e-3 < np.abs(found - end).max()


def test_where_another_run_s_network_has_begun_is_known_only_while_nothing_of_it_can_have_learned_on(folder):
    first = train_here(architecture=TINY.to_dict())
    onwards, frozen = train_here(start=first.id), train_here(start=first.id, frozen=True)
    assert find_initial_network(name_of(onwards)) is None
    known = find_initial_network(name_of(frozen))
    assert known is not None and known.parent == first.id
    run_folders.remove(first.id)
    assert find_initial_network(name_of(frozen)) is None


# Sheets


def test_zero_is_black_and_signs_have_one_colour_each_whatever_the_scale():
    values = np.array([[[0.0, 2.0], [-2.0, 0.0]], [[0.0, 0.1], [-0.1, 0.0]]])
    for each in (False, True):
        picture = draw_tiles(values, color_limits([values], per_map=each), ["", ""]).picture
        drawn = picture.reshape(-1, 2, 2, 3) if picture.shape[1] == 2 else picture.reshape(2, 2, 2, 3).swapaxes(0, 1)
        assert (drawn[values == 0] == 0).all()
        assert (drawn[values > 0][:, 2] > drawn[values > 0][:, 0]).all(), "positive is blue"
        assert (drawn[values < 0][:, 0] > drawn[values < 0][:, 2]).all(), "negative is red"


def test_a_scale_for_each_map_makes_weak_maps_as_bright_as_strong_ones_and_one_for_all_does_not():
    values = np.stack([np.full((2, 2), 4.0), np.full((2, 2), 1.0), np.zeros((2, 2))])
    shared, own = (color_limits([values], per_map=each) for each in (False, True))
    assert shared.tolist() == [4, 4, 4] and own.tolist() == [4, 1, 1]
    assert color_limits([values, -2 * values], per_map=True).tolist() == [8, 2, 1], "what is compared has one scale"
    few = np.ones((1, 20, 10))
    few[0, 0, 0] = 50.0
    assert color_limits([few], per_map=False).tolist() == [50]
    assert color_limits([few], per_map=False, clipped=0.01).tolist() == [1]


def test_tiles_lie_row_by_row_and_each_says_its_range():
    values = np.arange(5.0)[:, None, None] * np.ones((5, 3, 3))
    tiles = draw_tiles(values, np.full(5, 4.0), name_maps(values, "map"))
    columns = tiles.picture.shape[1] // 3
    for number in range(5):
        top, left = (3 * place for place in divmod(number, columns))
        blue = tiles.picture[top : top + 3, left : left + 3, 2]
        assert len(set(blue.flat)) == 1 and (blue[0, 0] > 0) == (number > 0)
    assert tiles.names[3] == "map 3: 3" and "black" in draw_legend()


def test_f1_squares_of_filters_are_named_by_what_they_make_and_read():
    filters = list_filters(load_classifier("local-conv"))[1]
    squares = filters.weights.transpose(0, 1).flatten(0, 1).numpy()
    names = name_filters(squares, 8, 8)
    assert names[8 * 3 + 5].startswith("filter 5 over map 3: ")
    assert torch.equal(torch.from_numpy(squares[8 * 3 + 5]), filters.weights[5, 3])


@pytest.mark.parametrize("side", range(1, 29))
def test_maps_of_every_size_are_shown_and_larger_ones_never_smaller(side):
    least, most = tile_size(side, 50)
    assert 0 < least < most and tile_size(max(2, side), 50)[1] <= tile_size(28, 50)[1]
