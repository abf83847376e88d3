"""Finding the hole without being told: empty rectangles, ink that breaks off, and what is read once it is found."""

import numpy as np
import pytest
import torch
from torch import Tensor

from core.digits.datasets import Digits
from core.networks.architectures import ARCHITECTURES
from core.networks.classifier import build
from core.networks.evaluation import evaluate
from core.pmnist.masks import cut_mask, erase, random_squares, rectangle
from core.restoration.hole_finding import (
    BATCH,
    MAX_RECTANGLES,
    MIN_LIKELIHOOD,
    REFERENCES,
    BlindRestorer,
    FoundHole,
    HoleFinder,
    empty_rectangles,
    find_breaks,
    learn_breaks,
)
from core.restoration.restorer import Restorer
from core.system import checkpoint_files
from core.zoo import checkpoints
from tests.sample_digits import made_digits, real_set

NETWORK = build(ARCHITECTURES["talk"], seed=1).eval().requires_grad_(False)
WHOLE = made_digits(120, seed=1)
IMAGES = made_digits(25, seed=2).images()
NOTHING = torch.zeros(28, 28, dtype=torch.bool)


@pytest.fixture(scope="module")
def blind() -> BlindRestorer:
    return BlindRestorer(Restorer(NETWORK, WHOLE, neighbours=5))


def rectangles_by_hand(ink: Tensor) -> set[tuple[int, ...]]:
    """Try every rectangle; an empty one is largest when no empty one is a line larger on any side."""
    rows = [(ink[top:bottom].any(0).tolist(), top, bottom) for top in range(28) for bottom in range(top + 1, 29)]
    empty = {
        (top, bottom, left, right)
        for taken, top, bottom in rows
        for left in range(28)
        for right in range(left + 1, 29)
        if not any(taken[left:right])
    }

    def larger(t: int, b: int, x0: int, x1: int) -> set[tuple[int, ...]]:
        return {(t - 1, b, x0, x1), (t, b + 1, x0, x1), (t, b, x0 - 1, x1), (t, b, x0, x1 + 1)}

    return {corners for corners in empty if not larger(*corners) & empty}


def test_the_largest_empty_rectangles_are_those_that_trying_all_of_them_finds():
    ink = torch.zeros(2, 28, 28, dtype=torch.bool)
    ink[0] = erase(IMAGES[:1], rectangle(9, 10, 17, 19))[0, 0] > 0
    ink[1, 5:25, 14], ink[1, 10, 3:20] = True, True
    found = empty_rectangles(ink)
    for number, picture in enumerate(ink):
        mine = [tuple(corners) for corners in found.corners[found.owner == number].tolist()]
        assert len(set(mine)) == len(mine) and set(mine) == rectangles_by_hand(picture)
    assert found.owner.tolist() == sorted(found.owner.tolist())


def test_a_picture_without_ink_is_one_rectangle_and_one_full_of_ink_has_none():
    found = empty_rectangles(torch.stack([NOTHING, ~NOTHING]))
    assert found.owner.tolist() == [0] and found.corners.tolist() == [[0, 28, 0, 28]]
    assert found.pixels().all()


def test_whatever_rectangle_was_erased_lies_in_one_of_them():
    masks = random_squares(len(IMAGES), squares=1, size=11, seed=4)
    found = empty_rectangles(erase(IMAGES, masks)[:, 0] > 0)
    inside = (found.pixels() | masks.flatten(1)[found.owner]).all(1)
    assert set(found.owner[inside].tolist()) == set(range(len(IMAGES)))


def faded(top: int, bottom: int) -> Tensor:
    """A pen's upright stroke, its ends and its sides soft."""
    picture = torch.zeros(28, 28)
    picture[top:bottom, 12:17] = torch.tensor([0.2, 0.9, 1, 0.9, 0.2])
    picture[[top, bottom - 1], 12:17] *= 0.2
    return picture


def test_ink_that_breaks_off_speaks_for_a_hole_there_and_ink_that_fades_against_one():
    strokes = torch.stack([faded(top, bottom) for top in range(2, 8) for bottom in range(20, 26)])
    surprises = learn_breaks(strokes)
    broken = faded(4, 24)
    broken[:10] = 0
    breaks = find_breaks(broken[None], surprises)[0]
    assert breaks[9, 13:16].min() > 0 > breaks[24, 12:17].max()
    assert (breaks[broken > 0] == 0).all() and (breaks[:9] == 0).all()


def test_breaks_are_the_same_whichever_way_the_digit_is_turned():
    pictures = erase(IMAGES, cut_mask("VCUT"))[:, 0]
    surprises = learn_breaks(WHOLE.images()[:, 0])
    turned = find_breaks(pictures.rot90(1, (1, 2)), surprises)
    assert torch.allclose(turned, find_breaks(pictures, surprises).rot90(1, (1, 2)), atol=1e-5)
    assert torch.allclose(learn_breaks(pictures.rot90(1, (1, 2))), learn_breaks(pictures))


def test_digits_it_has_seen_whole_stay_whole(blind):
    assert blind.find(WHOLE.images()).mask.all()


@pytest.mark.parametrize("mask", [cut_mask("HCUT"), cut_mask("DCUT"), rectangle(3, 10, 21, 19)], ids=["H", "D", "one"])
def test_all_that_was_erased_of_a_digit_it_has_seen_whole_is_in_the_hole(mask):
    """Of eights alone: on a calculator an eight without a bar may as well be a whole zero, six or nine."""
    eights = WHOLE.images()[WHOLE.labels == 8]
    found = HoleFinder(eights.flatten(1)).find(erase(eights, mask)).mask
    assert (eights[:, 0][found & ~mask] == 0).all()


def test_a_hole_never_covers_ink(blind):
    partial = erase(IMAGES, random_squares(len(IMAGES), seed=3))
    finding = blind.find(partial)
    assert not finding.mask.all() and (partial[:, 0][~finding.mask] == 0).all()


def test_a_finding_goes_from_nothing_missing_to_ever_larger_holes_with_a_weight_for_each(blind):
    finding = blind.find(erase(IMAGES, cut_mask("DCUT")))
    assert finding.masks.shape == (25, MAX_RECTANGLES + 1, 28, 28) and finding.masks[:, 0].all()
    assert (finding.masks[:, :-1] | ~finding.masks[:, 1:]).all(), "what is missing stays missing"
    assert (finding.weights >= 0).all() and torch.allclose(finding.weights.sum(1), torch.ones(25))
    likeliest = finding.weights.argmax(1)
    assert torch.equal(finding.mask[7], finding.masks[7, likeliest[7]])


def test_holes_are_read_by_how_likely_they_are_and_unlikely_ones_not_at_all(blind):
    partial, mask = erase(IMAGES[:1], cut_mask("VCUT")), cut_mask("VCUT")
    masks = torch.stack([~NOTHING, mask, NOTHING])[None]
    weights = torch.tensor([[0.3, 0.6, MIN_LIKELIHOOD * 0.6 - 0.01]])
    read = blind.predict_found(partial, FoundHole(masks, weights))
    expected = (NETWORK.predict(partial) + 2 * blind.restorer.predict(partial, mask)) / 3
    assert torch.allclose(read, expected, atol=1e-6)


def test_where_only_nothing_missing_is_likely_it_is_the_ordinary_network(blind):
    nothing = FoundHole(torch.ones(25, 1, 28, 28, dtype=torch.bool), torch.ones(25, 1))
    assert torch.equal(blind.predict_found(IMAGES, nothing), NETWORK.predict(IMAGES))


def test_what_is_found_in_a_digit_is_its_own_affair(blind):
    many = erase(IMAGES, cut_mask("VCUT")).repeat(2, 1, 1, 1)
    assert len(many) > BATCH
    together, alone = blind.find(many), blind.find(many[30:31])
    assert torch.equal(together.mask[30], alone.mask[0])
    assert torch.allclose(together.weights[30], alone.weights[0], atol=1e-3)


def test_it_is_blind_a_given_mask_changes_nothing(blind):
    partial = erase(IMAGES, cut_mask("HCUT"))
    told, untold = blind.predict(partial, cut_mask("HCUT")), blind.predict(partial)
    assert torch.equal(told, untold)
    assert torch.equal(blind.fill(partial, cut_mask("HCUT")).images, blind.fill(partial).images)


def test_an_empty_picture_is_answered_too(blind):
    probabilities = blind.predict(torch.zeros(2, 1, 28, 28))
    assert probabilities.isfinite().all() and torch.allclose(probabilities.sum(1), torch.ones(2), atol=1e-5)


@pytest.mark.slow
def test_few_of_the_whole_digits_are_enough_and_few_are_kept():
    many = torch.arange(2 * REFERENCES) % len(WHOLE)
    for whole in (Digits(WHOLE.pixels[many], WHOLE.labels[many]), WHOLE.first(7)):
        finder = BlindRestorer(Restorer(NETWORK, whole, neighbours=5)).finder
        assert len(finder.references) == min(REFERENCES, len(whole))


@pytest.mark.mnist
def test_on_real_digits_it_reads_nearly_as_well_as_when_told():
    digits = real_set()
    if not (checkpoint_files.SHIPPED / "standard.json").is_file():
        pytest.skip("there is no standard network yet: run `python -m core train standard`")
    standard = checkpoints.load_classifier("standard")
    restorer = Restorer(standard, digits.train.first(10_000))
    blind, few = BlindRestorer(restorer), digits.validation.first(100)
    assert evaluate(blind, few) >= 97
    for mask in (cut_mask("DCUT"), rectangle(8, 4, 26, 18)):
        told = evaluate(restorer, few, mask)
        assert evaluate(blind, few, mask) >= told - 7
        assert told - 7 > evaluate(standard, few, mask) + 5


@pytest.mark.parametrize("told", [True, False], ids=["mask known", "blind"])
def test_a_page_gets_the_hole_the_fills_and_the_answer_of_one_digit(blind, told):
    network = blind.restorer if told else blind
    digit, mask = IMAGES[0, 0].numpy(), cut_mask("HCUT").numpy()
    restored = network.restore(digit, mask)
    image, kept = torch.from_numpy(digit * mask)[None, None], torch.from_numpy(mask)
    assert np.allclose(restored.probabilities, network.predict(image, kept)[0], atol=1e-6)
    assert (restored.fills is None) == restored.mask.all()
    if told:
        assert np.array_equal(restored.mask, mask) and restored.fills is not None


def test_a_digit_of_which_nothing_is_missing_has_no_fills(blind):
    whole = blind.restorer.restore(IMAGES[0, 0].numpy(), np.ones((28, 28), bool))
    assert whole.fills is None and whole.mask.all()
