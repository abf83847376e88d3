"""Partial digits (D3): each cut pixel by pixel, squares at random, rectangles, erasing, and the files of PMNIST."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor
from torchvision.datasets.mnist import read_image_file, read_label_file

from core.digits.datasets import Digits
from core.pmnist.masks import (
    CUTS,
    GROWTH_DIRECTIONS,
    cut_mask,
    cut_masks,
    erase,
    growing_mask,
    keep_all,
    random_squares,
    rectangle,
)
from core.pmnist.partial_set import erase_pixels, write_pmnist
from tests.sample_digits import made_digits

VARIANTS = ("text", "code")


def erased(mask: Tensor) -> int:
    return int((~mask).sum())


def erased_lines(mask: Tensor) -> tuple[set[int], set[int]]:
    rows, columns = (~mask).nonzero(as_tuple=True)
    return set(rows.tolist()), set(columns.tolist())


# The four cuts


@pytest.mark.parametrize(
    ("cut", "text", "code"),
    [("whole", 0, 0), ("HCUT", 392, 392), ("VCUT", 392, 392), ("DCUT", 392, 364), ("TCUT", 243, 243)],
)
def test_d3_each_cut_erases_as_many_pixels_as_the_talk_and_its_code_say(cut, text, code):
    masks = [cut_mask(cut, variant=variant) for variant in VARIANTS]
    assert [erased(mask) for mask in masks] == [text, code]
    assert all(mask.shape == (28, 28) and mask.dtype == torch.bool for mask in masks)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize(("cut", "rows", "columns"), [("HCUT", range(14), range(28)), ("VCUT", range(28), range(14))])
def test_d3_half_cuts_erase_the_top_and_the_left(variant, cut, rows, columns):
    mask = cut_mask(cut, variant=variant)
    assert erased_lines(mask) == (set(rows), set(columns))


@pytest.mark.parametrize(("variant", "first"), [("text", 14), ("code", 15)])
def test_d3_dcut_erases_the_top_right_and_the_bottom_left_quarter(variant, first):
    """The published code keeps row 14 and column 14 whole."""
    mask = cut_mask("DCUT", variant=variant)
    expected = torch.ones(28, 28, dtype=torch.bool)
    expected[:14, first:] = expected[first:, :14] = False
    assert torch.equal(mask, expected)


def test_d3_the_codes_tcut_is_its_three_squares_to_the_pixel():
    expected = torch.ones(28, 28, dtype=torch.bool)
    for row, column in ((6, 6), (18, 11), (8, 17)):
        expected[row : row + 9, column : column + 9] = False
    assert torch.equal(cut_mask("TCUT", variant="code"), expected)
    assert torch.equal(cut_masks("TCUT", 5, variant="code"), expected)


def test_d3_an_unknown_cut_is_one_sentence():
    with pytest.raises(ValueError, match=r"^There is no cut called 'XCUT' \(text\); there are HCUT, .*\.$"):
        cut_mask("XCUT")


# Three squares at random


def test_d3_a_thousand_random_squares_never_overlap_and_lie_inside():
    """243 pixels are gone only if no two of the 9x9 squares overlap and none sticks out."""
    masks = cut_masks("TCUT", 1000)
    assert masks.shape == (1000, 28, 28)
    assert ((~masks).sum((1, 2)) == 243).all()
    assert all(tiled_by_squares(mask) for mask in masks)


def tiled_by_squares(mask: Tensor) -> bool:
    """Say whether three whole 9x9 squares cover the hole: its first pixel is always some square's corner."""
    hole = ~mask
    for _ in range(3):
        row, column = divmod(int(hole.flatten().int().argmax()), 28)
        if not hole[row : row + 9, column : column + 9].all():
            return False
        hole = hole.clone()
        hole[row : row + 9, column : column + 9] = False
    return not hole.any()


def test_d3_random_squares_are_everywhere_and_differ_from_digit_to_digit():
    masks = random_squares(1000)
    assert len({mask.numpy().tobytes() for mask in masks}) > 990
    share = (~masks).float().mean(0)
    assert share.min() > 0 and share.max() < 0.7
    assert (share - share.flip(0)).abs().max() < 0.08 and (share - share.T).abs().max() < 0.08


def test_d3_random_squares_repeat_by_seed_and_leave_the_global_generator_alone():
    state = torch.get_rng_state()
    assert torch.equal(random_squares(20, seed=1), random_squares(20, seed=1))
    assert not torch.equal(random_squares(20, seed=1), random_squares(20, seed=2))
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(("squares", "size"), [(0, 9), (1, 28), (1, 1), (2, 14), (4, 9), (20, 2)])
def test_d3_what_fits_is_placed(squares, size):
    masks = random_squares(3, squares=squares, size=size)
    assert [erased(mask) for mask in masks] == [squares * size * size] * 3


@pytest.mark.parametrize(("squares", "size"), [(1, 29), (1, 0), (-1, 9), (2, 15), (9, 9), (4, 14), (98, 2), (784, 1)])
def test_d3_squares_that_do_not_fit_are_refused_and_not_tried_for_ever(squares, size):
    with pytest.raises(ValueError, match=rf"^{squares} squares of {size} pixels do not fit into 28x28 at random\.$"):
        random_squares(1, squares=squares, size=size)


# Rectangles and growing holes


@pytest.mark.parametrize("corners", [(0, 0, 28, 28), (27, 27, 28, 28), (3, 5, 10, 7)])
def test_d3_a_rectangle_erases_its_columns_and_rows_and_nothing_else(corners):
    x0, y0, x1, y1 = corners
    mask = rectangle(*corners)
    assert erased(mask) == (x1 - x0) * (y1 - y0)
    assert erased_lines(mask) == (set(range(y0, y1)), set(range(x0, x1)))


@pytest.mark.parametrize("corners", [(0, 0, 29, 5), (-1, 0, 5, 5), (5, 5, 5, 9), (5, 5, 9, 5), (9, 9, 2, 2)])
def test_d3_a_bad_rectangle_is_one_sentence(corners):
    text = ",".join(str(corner) for corner in corners)
    with pytest.raises(ValueError, match=rf"^{text} is no rectangle x0,y0,x1,y1 within 0 to 28\.$"):
        rectangle(*corners)


@pytest.mark.parametrize("kind", GROWTH_DIRECTIONS)
def test_d3_growing_holes_only_ever_grow_up_to_the_whole_picture(kind):
    masks = [growing_mask(kind, share / 40) for share in range(41)]
    assert torch.equal(masks[0], keep_all()) and erased(masks[-1]) == 784
    assert not any((later & ~earlier).any() for earlier, later in zip(masks, masks[1:], strict=False))
    assert all(abs(erased(mask) / 784 - share / 40) < 0.05 for share, mask in enumerate(masks))


# Erasing


@pytest.mark.parametrize("cut", CUTS)
def test_d3_erased_pixels_are_exactly_0_and_the_others_stay_bit_by_bit(cut):
    images = torch.rand(6, 1, 28, 28, generator=torch.Generator().manual_seed(0)) + 0.1
    mask, before = cut_masks(cut, 6).expand(6, 28, 28), images.clone()
    partial = erase(images, cut_masks(cut, 6))
    assert (partial[:, 0][~mask] == 0).all()
    assert torch.equal(partial[:, 0][mask], images[:, 0][mask])
    assert torch.equal(images, before) and partial.shape == images.shape and partial.dtype == images.dtype


@pytest.mark.parametrize(
    ("mask", "said"),
    [
        (torch.ones(28, 28), r"A mask is 28x28 of true and false, not \(28, 28\) of torch.float32."),
        (torch.ones(14, 28, dtype=torch.bool), r"A mask is 28x28 of true and false, not \(14, 28\) of torch.bool."),
        (torch.ones(784, dtype=torch.bool), r"A mask is 28x28 of true and false, not \(784,\) of torch.bool."),
        (torch.ones(3, 1, 28, 28, dtype=torch.bool), r"A mask is 28x28 of true and false, not \(3, 1, 28, 28\).*"),
        (torch.ones(2, 28, 28, dtype=torch.bool), "3 digits need as many masks, not 2."),
        (torch.ones(1, 28, 28, dtype=torch.bool), "3 digits need as many masks, not 1."),
    ],
)
def test_d3_a_mask_of_another_form_is_one_sentence(mask, said):
    with pytest.raises(ValueError, match=f"^{said}$"):
        erase(torch.ones(3, 1, 28, 28), mask)


# The set on disk


@pytest.fixture(scope="module", params=VARIANTS)
def written(request, tmp_path_factory):
    """PMNIST as written, its digits and its steps: ten thousand of them only where the count matters."""
    folder, digits = tmp_path_factory.mktemp("pmnist"), made_digits(10_000 if request.param == "text" else 30)
    return (
        request.param,
        folder,
        digits,
        list(write_pmnist(digits.pixels, digits.labels, folder, variant=request.param)),
    )


def test_d3_ten_thousand_digits_become_forty_thousand_partial_ones(written):
    variant, folder, _, _ = written
    pictures = [read_image_file(folder / f"{cut}-images-idx3-ubyte") for cut in CUTS]
    assert sum(len(part) for part in pictures) == {"text": 40_000, "code": 120}[variant]


@pytest.mark.parametrize("cut", CUTS)
def test_d3_torchvision_reads_what_is_written_and_labels_are_kept(written, cut):
    variant, folder, digits, _ = written
    pixels = read_image_file(folder / f"{cut}-images-idx3-ubyte")
    mask = cut_masks(cut, len(digits), variant=variant)
    assert pixels.dtype == torch.uint8 and torch.equal(pixels, digits.pixels * mask)
    assert torch.equal(read_label_file(folder / f"{cut}-labels-idx1-ubyte"), digits.labels)
    assert torch.equal(erase_pixels(digits.pixels, cut, variant=variant), pixels)


def test_d3_the_numpy_file_holds_the_same(written):
    _, folder, digits, _ = written
    with np.load(folder / "pmnist.npz", allow_pickle=False) as stored:
        assert set(stored) == {*CUTS, "labels"}
        assert (stored["labels"] == digits.labels.numpy()).all()
        for cut in CUTS:
            assert (stored[cut] == read_image_file(folder / f"{cut}-images-idx3-ubyte").numpy()).all()


def test_d3_each_file_is_a_step_and_nothing_else_is_left(written):
    _, folder, _, steps = written
    assert [step.done for step in steps] == list(range(1, 10)) and {step.files for step in steps} == {9}
    assert {step.path for step in steps} == set(folder.iterdir())


@pytest.mark.parametrize("taken", [0, 1, 4])
def test_d3_closing_early_leaves_whole_files_only(tmp_path, taken):
    digits = made_digits(12)
    steps = write_pmnist(digits.pixels, digits.labels, tmp_path)
    paths = [next(steps).path for _ in range(taken)]
    steps.close()
    assert set(tmp_path.iterdir()) == set(paths)
    for path in paths:
        whole = read_image_file(path) if "images" in path.name else read_label_file(path)
        assert len(whole) == 12


def test_d3_erasing_leaves_the_shared_digits_alone():
    digits = made_digits(10)
    shared = Digits(digits.pixels.clone(), digits.labels)
    erase_pixels(shared.pixels, "TCUT")
    assert torch.equal(shared.pixels, digits.pixels)


def test_d3_three_squares_are_the_nearest_to_the_talks_third():
    shares = {size: 3 * size * size / 784 for size in range(1, 15)}
    assert min(shares, key=lambda size: math.fabs(shares[size] - 0.33)) == 9
