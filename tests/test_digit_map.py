"""A map of many digits: its spaces, its axes, who the neighbours of a digit are, and where the digit stands."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from core.digits import datasets
from core.digits.datasets import Digits
from core.inversion.functions import with_inversion
from core.inversion.map_atlas import MapAtlas, build_atlas
from core.networks.classifier import Classifier
from core.networks.evaluation import COLUMNS
from core.pmnist.masks import cut_mask, keep_all
from core.similarity.digit_map import (
    FADES,
    SIZE,
    Neighbours,
    Space,
    arrange_by_tsne,
    build_maps,
    count_votes,
    fade_out,
    find_neighbours,
    place_among,
    to_box,
    to_spaces,
)
from core.studies import recorded_map
from core.studies.recorded import load_recorded
from core.visualization.digit_map import CLEAR, keep_clear
from core.zoo import checkpoints
from tests.sample_digits import made_digits


@pytest.fixture(scope="module")
def network() -> Classifier:
    return checkpoints.load_classifier("standard")


@pytest.fixture(scope="module")
def digits() -> Digits:
    return made_digits(120)


@pytest.fixture(scope="module")
def atlas(network: Classifier, digits: Digits) -> MapAtlas:
    return build_atlas(network, digits)


def test_the_features_are_those_that_the_head_reads_and_absent_ones_are_below_half_their_mean(
    network: Classifier, atlas: MapAtlas, digits: Digits
) -> None:
    found = to_spaces(network, atlas, digits.images())
    features = network.extract(digits.images())
    assert torch.allclose(found[Space.FEATURES], features, atol=1e-4)
    means = torch.stack([features[digits.labels == label].mean(0) for label in range(10)]).mean(0)
    agree = found[Space.ABSENT] == (features < 0.5 * means)
    assert agree.float().mean() > 0.9999  # but for rounding
    assert 0.05 < found[Space.ABSENT].mean() < 0.95


def test_inverted_features_are_as_far_apart_as_the_features(network: Classifier, digits: Digits) -> None:
    features = network.extract(digits.images())
    inverted = with_inversion(network, "complement").inversion(features)
    assert torch.allclose(torch.cdist(features, features), torch.cdist(inverted, inverted), atol=0.05)


def test_the_axes_are_the_principal_components(network: Classifier, atlas: MapAtlas, digits: Digits) -> None:
    one = build_maps(network, atlas, digits)[Space.PIXELS]
    centred = (one.vectors - one.vectors.mean(0)).double()
    values, vectors = torch.linalg.eigh(centred.T @ centred)
    expected = centred @ vectors[:, [-1, -2]]
    found = one.project(one.vectors).double()
    assert torch.allclose(found.abs(), expected.abs(), atol=1e-3)  # the sign of an axis is free
    assert one.variance == pytest.approx(float(values[-2:].sum() / values.sum()), abs=1e-4)


def test_a_map_of_equal_digits_and_of_three_stands_and_of_two_is_a_sentence(
    network: Classifier, atlas: MapAtlas, digits: Digits
) -> None:
    equal = Digits(digits.pixels[:1].expand(5, -1, -1), digits.labels[:5])
    for few in (equal, digits.first(3)):
        for one in build_maps(network, atlas, few).values():
            places = one.project(one.vectors)
            assert torch.isfinite(to_box(places, places)).all() and 0 <= one.variance <= 1.001
    with pytest.raises(ValueError, match="needs 3 digits"):
        build_maps(network, atlas, digits.first(2))


def test_neighbours_are_the_nearest_and_a_map_of_fewer_digits_has_fewer() -> None:
    points = torch.tensor([[0.0, 0], [3, 0], [0, 4], [10, 10]])
    near = find_neighbours(points, torch.tensor([[0.1, 0.0], [9.0, 9.0]]), 3)
    assert near.indices.tolist() == [[0, 1, 2], [3, 2, 1]] or near.indices[0].tolist() == [0, 1, 2]
    assert near.distances[0].tolist() == pytest.approx([0.1, 2.9, 4.00125], abs=1e-3)
    assert find_neighbours(points, points).indices.shape == (4, 4)


def test_a_digit_stands_in_the_larger_group_of_its_neighbours_near_the_nearest() -> None:
    positions = torch.tensor([[0.1, 0.1], [0.2, 0.1], [0.1, 0.2], [0.9, 0.9], [0.8, 0.9]])
    equal = Neighbours(torch.ones(1, 5), torch.arange(5)[None])
    assert (place_among(positions, equal) < 0.25).all()  # their mean is 0.42, between the groups
    same = Neighbours(torch.tensor([[0.0, 3, 3, 3, 3]]), torch.tensor([[3, 0, 1, 2, 4]]))
    assert place_among(positions, same).tolist() == [pytest.approx([0.9, 0.9], abs=1e-3)]


def test_the_class_of_most_neighbours_is_counted() -> None:
    most, count = count_votes(torch.tensor([[4, 9, 4, 4], [7, 7, 1, 7]]))
    assert (most.tolist(), count.tolist()) == ([4, 7], [3, 3])


def test_a_digit_fades_from_whole_to_erased(digits: Digits) -> None:
    image, mask = digits.images()[4], cut_mask("HCUT")
    faded = fade_out(image, mask)
    assert len(faded) == FADES and torch.equal(faded[0], image) and torch.equal(faded[-1], image * mask)
    assert (faded.sum((1, 2, 3)).diff() < 0).all()
    assert torch.equal(fade_out(image, keep_all()), image[None])


def test_the_box_keeps_proportions_and_clamps_what_lies_outside() -> None:
    frame = torch.tensor([[0.0, 0.0], [10.0, 5.0]])
    assert to_box(frame, frame).tolist() == [pytest.approx([0.04, 0.27]), pytest.approx([0.96, 0.73])]
    assert to_box(torch.tensor([[99.0, -99.0]]), frame).tolist() == [[1.0, 0.0]]


@pytest.mark.slow
def test_t_sne_puts_vectors_of_a_group_together() -> None:
    labels = torch.arange(4).repeat(30)
    vectors = 5 * torch.eye(4, 50)[labels] + torch.randn(120, 50, generator=torch.Generator().manual_seed(0))
    places = arrange_by_tsne(vectors)
    assert places.shape == (120, 2) and share_among_own(places, labels) > 90  # chance is 25
    assert torch.equal(places, arrange_by_tsne(vectors))


def share_among_own(places: Tensor, labels: Tensor) -> float:
    """Return the percentage of points whose 5 nearest others are mostly of their own class."""
    near = find_neighbours(places, places, 6).indices[:, 1:]
    return 100 * float((count_votes(labels[near])[0] == labels).float().mean())


# What is recorded


def test_the_record_has_every_cut_and_space_and_says_how_it_is_repeated() -> None:
    record = load_recorded(recorded_map.STUDY)
    assert {(row["cut"], row["compared by"]) for row in record["rows"]} == {(c, s) for c in COLUMNS for s in Space}
    assert all(10 < row[kind] < 100 for row in record["rows"] for kind in ("space", "pca", "tsne"))
    assert record["command"] == recorded_map.COMMAND and record["dataset"]["images"] == 10_000


def test_another_set_has_no_recorded_map_and_other_features_only_that_of_pixels(network: Classifier) -> None:
    record, digits = load_recorded(recorded_map.STUDY), datasets.load(datasets.OFFLINE)
    assert recorded_map.read_layouts(record, digits, network) == {}
    same = {**record, "dataset": {"sha256": digits.sha256}}
    assert set(recorded_map.read_layouts(same, digits, network)) == set(Space)
    other = checkpoints.load_classifier("assignment")
    assert set(recorded_map.read_layouts(same, digits, other)) == {Space.PIXELS}


def test_what_was_written_is_read_again(network: Classifier, tmp_path: Path) -> None:
    record = load_recorded(recorded_map.STUDY)
    same = datasets.load(datasets.OFFLINE)
    record = {**record, "dataset": {"sha256": same.sha256}}
    layouts = recorded_map.read_layouts(record, same, network)
    recorded_map.write(record, layouts, tmp_path)
    again = recorded_map.read_layouts(record, same, network, tmp_path)
    assert all(torch.equal(again[space], one) for space, one in layouts.items())
    path = tmp_path / f"{recorded_map.STUDY}.npz"
    for damaged in (b"no file", path.read_bytes()[:200]):
        path.write_bytes(damaged)
        with pytest.raises(ValueError):
            recorded_map.read_layouts(record, same, network, tmp_path)


@pytest.mark.mnist
@pytest.mark.slow
def test_the_recorded_figures_are_measured_again_from_the_recorded_positions(network: Classifier) -> None:
    data = datasets.load(recorded_map.DATASET)
    record = load_recorded(recorded_map.STUDY)
    layouts = recorded_map.read_layouts(record, data, network)
    assert all(one.shape == (SIZE, 2) for one in layouts.values())
    for space, least in ((Space.PIXELS, 70), (Space.FEATURES, 90), (Space.ABSENT, 90)):
        assert share_among_own(layouts[space], data.validation.first(SIZE).labels) > least
    atlas = build_atlas(network, data.train.first(recorded_map.SURVEYED))
    maps = build_maps(network, atlas, data.validation.first(SIZE))
    few = data.test.first(1000)
    again = list(recorded_map.measure_map(network, atlas, maps, layouts, few))[:3]
    for row, known in zip(again, record["rows"], strict=False):
        assert row["compared by"] == known["compared by"]
        assert all(row[kind] == pytest.approx(known[kind], abs=8) for kind in ("space", "pca", "tsne"))


def test_a_name_stands_where_a_digits_way_leaves_room_and_inside_the_map() -> None:
    way = [(500, 500), (520, 480), (900, 900)]
    assert keep_clear(("4", 100, 100), way) == ("4", 100, 100)
    assert keep_clear(("7", 510, 490), way) == ("7", 510, 480 - CLEAR)
    assert keep_clear(("9", 500, 40), [(500, 60)]) == ("9", 500, 60 + CLEAR), "above it the map ends"
