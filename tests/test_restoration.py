"""Restoring what was erased, the mask known: the nearest full digits, their fills, and what is read from them."""

import pytest
import torch
from torch import Tensor

from core.networks.architectures import ARCHITECTURES
from core.networks.classifier import build
from core.networks.evaluation import evaluate, predict
from core.pmnist.masks import CUTS, cut_mask, cut_masks, erase
from core.restoration import restorer as restoration
from core.restoration.distances import BLEND, DISTORTION, blend_distances, distortions
from core.restoration.references import References
from core.restoration.restorer import Restorer
from core.system import checkpoint_files
from core.zoo import checkpoints
from tests.sample_digits import made_digits, real_set

NETWORK = build(ARCHITECTURES["talk"], seed=1).eval().requires_grad_(False)
REFERENCES = made_digits(120, seed=1)
DIGITS = made_digits(25, seed=2)
IMAGES = DIGITS.images()
NOTHING = torch.zeros(28, 28, dtype=torch.bool)


@pytest.fixture
def restorer() -> Restorer:
    return Restorer(NETWORK, REFERENCES, neighbours=5)


def costs_by_hand(image: Tensor, mask: Tensor) -> Tensor:
    """Return what each reference costs as a fill: its own distortion, and how far its class's nearest blend."""
    kept, pictures = mask.flatten().float(), REFERENCES.images().flatten(1)
    visible = image.flatten() * kept
    costs = distortions(visible, kept, pictures) / DISTORTION
    for label in range(10):
        own = REFERENCES.labels == label
        near = ((pictures[own] - visible) * kept).square().sum(1).argsort()[: restoration.BLENDED]
        costs[own] += blend_distances(visible[None], kept[None], pictures[own][near][None]) / BLEND
    return costs


@pytest.mark.parametrize("cut", CUTS)
def test_the_fills_come_from_the_references_that_cost_least(monkeypatch, restorer, cut):
    monkeypatch.setattr(restoration, "CANDIDATES", len(REFERENCES))
    monkeypatch.setattr(restoration, "BLENDED", 6)
    masks = cut_masks(cut, len(IMAGES))
    fills = restorer.fill(erase(IMAGES, masks), masks)
    for number, mask in enumerate(masks.expand(len(IMAGES), 28, 28)):
        costs = costs_by_hand(IMAGES[number], mask)
        assert torch.allclose(fills.distances[number], costs.sort().values[:5], rtol=1e-3, atol=1e-3)
        order = costs.argsort()[:5]
        assert fills.labels[number].tolist() == REFERENCES.labels[order].tolist()
        assert torch.equal(fills.images[number, :, ~mask], REFERENCES.images()[order, 0][:, ~mask])


def test_only_the_nearest_references_pixel_by_pixel_are_candidates(monkeypatch, restorer):
    monkeypatch.setattr(restoration, "CANDIDATES", 5)
    mask = cut_mask("VCUT")
    fills = restorer.fill(erase(IMAGES, mask), mask)
    for image, found in zip(IMAGES[:, 0], fills.images, strict=True):
        nearest = (REFERENCES.images()[:, 0] - image).square()[:, mask].sum(1).argsort()[:5]
        pictures = REFERENCES.images()[nearest, 0][:, ~mask]
        assert torch.allclose(found[:, ~mask].sum(0), pictures.sum(0), atol=1e-5)


@pytest.mark.parametrize("cut", CUTS)
def test_visible_pixels_are_kept_exactly(restorer, cut):
    masks = cut_masks(cut, len(IMAGES))
    fills = restorer.fill(erase(IMAGES, masks), masks)
    for number, mask in enumerate(masks.expand(len(IMAGES), 28, 28)):
        assert (fills.images[number, :, mask] == IMAGES[number, 0, mask]).all()


def test_what_was_erased_is_never_looked_at(restorer):
    mask = cut_mask("HCUT")
    whole, partial = restorer.fill(IMAGES, mask), restorer.fill(erase(IMAGES, mask), mask)
    assert torch.equal(whole.images, partial.images)


def test_fills_come_best_first_and_their_weights_sum_to_1(restorer):
    fills = restorer.fill(IMAGES, cut_mask("VCUT"))
    assert (fills.distances.diff(dim=1) >= 0).all() and (fills.distances >= 0).all()
    assert torch.allclose(fills.weights.sum(1), torch.ones(25)) and (fills.weights >= 0).all()
    assert fills.images.shape == (25, 5, 28, 28)


def test_a_fill_weighs_less_the_more_it_costs(restorer):
    fills = restorer.fill(IMAGES, cut_mask("VCUT"))
    ratios = fills.weights / fills.weights[:, :1]
    assert torch.allclose(ratios, torch.exp(fills.distances[:, :1] - fills.distances), rtol=1e-4)


@pytest.mark.parametrize("cut", ["HCUT", "DCUT"])
def test_one_mask_for_all_equals_one_mask_per_digit(restorer, cut):
    mask = cut_mask(cut)
    each = mask.expand(len(IMAGES), 28, 28)
    assert torch.equal(restorer.fill(IMAGES, mask).labels, restorer.fill(IMAGES, each).labels)
    partial = erase(IMAGES, mask)
    assert torch.allclose(restorer.predict(partial, mask), restorer.predict(partial, each), atol=1e-6)


@pytest.mark.parametrize("cut", ["HCUT", "TCUT"])
@pytest.mark.slow
def test_many_digits_in_parts_are_read_as_at_once(monkeypatch, restorer, cut):
    masks = cut_masks(cut, len(IMAGES))
    partial = erase(IMAGES, masks)
    at_once = restorer.predict(partial, masks)
    monkeypatch.setattr(restoration, "REFERENCE_BATCH", 8)
    assert torch.allclose(restorer.predict(partial, masks), at_once, atol=1e-6)


@pytest.mark.slow
def test_the_answer_is_the_ordinary_networks_averaged_over_the_fills_by_weight(restorer):
    mask = cut_mask("HCUT")
    fills = restorer.fill(IMAGES, mask)
    pairs = zip(fills.images, fills.weights, strict=True)
    expected = torch.stack([weights @ NETWORK.predict(each[:, None]) for each, weights in pairs])
    assert torch.allclose(restorer.predict(erase(IMAGES, mask), mask), expected, atol=1e-6)
    assert torch.allclose(restorer.predict_filled(fills), expected, atol=1e-6)


@pytest.mark.parametrize("mask", [None, ~NOTHING, ~NOTHING.expand(25, 28, 28)], ids=["none", "one", "each"])
def test_with_nothing_erased_it_is_the_ordinary_network(restorer, mask):
    assert torch.equal(restorer.predict(IMAGES, mask), NETWORK.predict(IMAGES))


def test_a_whole_digit_among_partial_ones_is_read_as_by_the_ordinary_network(restorer):
    masks = torch.stack([cut_mask("HCUT"), ~NOTHING])
    probabilities = restorer.predict(erase(IMAGES[:2], masks), masks)
    assert torch.allclose(probabilities[1], NETWORK.predict(IMAGES[1:2])[0], atol=1e-6)
    assert not torch.allclose(probabilities[0], NETWORK.predict(IMAGES[:1])[0], atol=1e-6)


def test_with_everything_erased_it_still_answers_and_alike_for_every_digit(restorer):
    fills, probabilities = restorer.fill(IMAGES, NOTHING), restorer.predict(erase(IMAGES, NOTHING), NOTHING)
    assert (fills.distances == 0).all() and torch.allclose(fills.weights, torch.full((25, 5), 0.2))
    assert probabilities.isfinite().all() and torch.allclose(probabilities.sum(1), torch.ones(25), atol=1e-6)
    assert torch.allclose(probabilities, probabilities[:1].expand(25, 10), atol=1e-6)


@pytest.mark.parametrize("cut", CUTS)
def test_a_digit_that_is_among_the_references_is_restored_perfectly(cut):
    known = REFERENCES.images()[:20]
    masks = cut_masks(cut, 20)
    fills = Restorer(NETWORK, REFERENCES, neighbours=1).fill(erase(known, masks), masks)
    assert torch.equal(fills.images, known)
    assert torch.equal(fills.labels[:, 0], REFERENCES.labels[:20])


@pytest.mark.parametrize("neighbours", [0, -1, 121])
def test_a_number_of_references_that_cannot_be_is_one_sentence(neighbours):
    said = rf"^Filling from {neighbours} digits needs as many references, not 120\.$"
    with pytest.raises(ValueError, match=said):
        Restorer(NETWORK, REFERENCES, neighbours=neighbours)


@pytest.mark.mnist
def test_on_real_digits_restoring_beats_the_ordinary_network_by_far():
    digits = real_set()
    if not (checkpoint_files.SHIPPED / "standard.json").is_file():
        pytest.skip("there is no standard network yet: run `python -m core train standard`")
    standard = checkpoints.load_classifier("standard")
    test, mask = digits.test.first(200), cut_mask("HCUT")
    restoring = Restorer(standard, digits.train.first(10_000))
    assert evaluate(restoring, test, mask) > evaluate(standard, test, mask) + 15
    assert torch.equal(predict(restoring, test.images()), predict(standard, test.images()))


def test_squared_distances_are_those_of_the_kept_pixels_to_a_hundredth():
    references, pictures = References(REFERENCES), REFERENCES.images().flatten(1)
    kept = (torch.rand(25, 784, generator=torch.Generator().manual_seed(3)) > 0.5).float()
    visible = IMAGES.flatten(1) * kept
    expected = ((pictures - visible[:, None]) * kept[:, None]).square().sum(2) - visible.square().sum(1, keepdim=True)
    assert torch.allclose(references.squared_distances(visible, kept), expected, atol=0.01)


def test_less_than_three_bytes_a_pixel_are_kept_of_each_reference_since_what_repeats_is_stored_once():
    (blocks,) = (value for value in vars(References(REFERENCES)).values() if isinstance(value, list))
    assert sum(block.rows.nbytes for block in blocks) < 0.9 * 3 * 784 * (len(REFERENCES) + 8)
