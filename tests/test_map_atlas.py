"""What the last feature maps usually do (M13): what a place sees, what excites a map, which maps are silent."""

import pytest
import torch

from core.inversion.map_atlas import (
    PATCHES,
    MapAtlas,
    ReceptiveField,
    build_atlas,
    crop_patch,
    last_maps,
    receptive_field,
    spread_to_pixels,
)
from core.networks.architectures import ARCHITECTURES
from core.networks.classifier import Classifier, build
from tests.sample_digits import made_digits

DIGITS = made_digits(60)


@pytest.fixture(scope="module")
def network() -> Classifier:
    return build(ARCHITECTURES["published"], seed=5).eval().requires_grad_(False)


def test_m13_a_place_of_the_published_network_sees_16_pixels_every_4(network: Classifier) -> None:
    assert receptive_field(network) == ReceptiveField(size=16, step=4, first=0)


@pytest.mark.parametrize("name", ["published", "talk", "one conv", "two conv", "small", "LeNet-5"])
def test_m13_a_place_changes_with_the_pixels_of_its_field_and_with_no_others(name: str) -> None:
    network = build(ARCHITECTURES[name], seed=5).eval()
    field, image = receptive_field(network), torch.rand(1, 1, 28, 28, generator=torch.Generator().manual_seed(1))
    image.requires_grad_()
    maps = last_maps(network, image)
    row, column = maps.shape[2] // 2, maps.shape[3] - 1
    gradient = torch.autograd.grad(maps[0, :, row, column].sum(), image)[0][0, 0]
    inside = torch.zeros(28, 28, dtype=torch.bool)
    top, left = (max(0, field.first + field.step * at) for at in (row, column))
    bottom, right = (field.first + field.step * at + field.size for at in (row, column))
    inside[top:bottom, left:right] = True
    assert not gradient[~inside].any() and gradient[inside].any()


def test_the_maps_are_what_the_head_reads_before_it_is_flattened(network: Classifier) -> None:
    images = DIGITS.images()
    assert torch.equal(last_maps(network, images).flatten(1), network.features(images))


def test_m13_the_atlas_holds_the_mean_of_each_class(network: Classifier) -> None:
    atlas = build_atlas(network, DIGITS)
    threes = last_maps(network, DIGITS.images(DIGITS.labels == 3))
    assert atlas.digits == 60 and atlas.means.shape == (10, 50, 4, 4)
    assert torch.allclose(atlas.means[3], threes.mean(0), atol=1e-6)
    assert torch.equal(atlas.above_average[3], atlas.means[3] > atlas.means.mean(0))


def test_m13_the_best_patch_alone_excites_its_map_as_much_as_any_digit_does(network: Classifier) -> None:
    atlas = build_atlas(network, DIGITS)
    strongest = last_maps(network, DIGITS.images()).amax((0, 2, 3))
    alone = torch.zeros(50, 1, 28, 28)
    alone[:, 0, :16, :16] = atlas.patches[:, 0]
    assert atlas.patches.shape == (50, PATCHES, 16, 16)
    assert torch.allclose(last_maps(network, alone)[range(50), range(50), 0, 0], strongest, atol=1e-4)


def test_m13_a_silent_map_is_weak_in_the_class_compared_with_its_strongest() -> None:
    means = torch.tensor([[0.2, 3.0, 8.0, 0.0], [4.0, 3.0, 2.0, 0.0], [1.0, 1.0, 8.0, 0.0]])[..., None, None]
    atlas = MapAtlas(means, torch.zeros(4, 1, 16, 16), ReceptiveField(16, 4, 0), 3)
    assert torch.allclose(atlas.strengths()[0], torch.tensor([0.05, 1.0, 1.0, 0.0]))
    assert atlas.weakest_maps(0, 3) == [0, 1, 2]  # and not the last map, which nothing excites at all
    assert atlas.weakest_maps(1, 1) == [2] and atlas.classes_of_map(2) == [0, 2]


def test_a_class_without_digits_is_silent_everywhere(network: Classifier) -> None:
    atlas = build_atlas(network, made_digits(5))
    assert not atlas.means[7].any() and atlas.means[3].any()
    assert atlas.patches.shape[1] == 5  # there are no more digits to take them from


def test_a_crop_beyond_the_edge_is_black() -> None:
    picture = torch.ones(28, 28)
    patch = crop_patch(picture, (0, 0), ReceptiveField(size=10, step=4, first=-3))
    assert not patch[:3].any() and not patch[:, :3].any() and patch[3:, 3:].all()


def test_a_place_glows_within_its_field_and_most_in_the_middle_of_it() -> None:
    places = torch.zeros(4, 4)
    places[1, 3] = -2.0
    pixels = spread_to_pixels(places, ReceptiveField(size=16, step=4, first=0))
    assert pixels.shape == (28, 28) and not pixels[:4].any() and not pixels[20:].any() and not pixels[:, :12].any()
    assert pixels.min() == pixels[11, 19] < 0 and pixels.max() == 0
