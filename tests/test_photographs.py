"""Photographs as people take them: the sheet, light, printed lines, several digits, stencils, and what is doubtful."""

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from core.digits.drawing import prepare_strokes
from core.digits.photographs.cropping import Crop
from core.digits.photographs.doubts import doubts_about_drawing, find_doubts
from core.digits.photographs.finding import Finding, find_digits, to_digit
from core.digits.photographs.sheet import find_sheet
from core.digits.pictures import PictureError
from core.networks.evaluation import predict
from core.zoo.checkpoints import load_network
from tests import made_photographs, not_one_digit
from tests.drawn_pictures import drawn, mnist_way, transparent
from tests.sample_digits import real_set

INK = drawn()
pytestmark = pytest.mark.filterwarnings("error")


def read(digit: np.ndarray) -> int:
    return int(predict(load_network("standard"), torch.from_numpy(digit)[None, None])[0].argmax())


def captions(finding: Finding) -> list[str]:
    return [caption for caption, _ in finding.digits[0].steps]


def doubts(picture: Image.Image | np.ndarray) -> set[str]:
    try:
        finding = find_digits(picture)
    except PictureError:
        return {"refused"}
    return {doubt.kind for doubt in find_doubts(finding, finding.heaviest)}


def sheet_on(ground: int, side: int = 500) -> np.ndarray:
    picture = np.full((side, side), ground, np.uint8)
    picture[90:410, 100:420] = 240
    picture[110:390, 120:400] = np.minimum(240, 255 - INK)
    return picture


@pytest.mark.parametrize("turn", [0, 60, 120])
def test_a_large_round_stroke_is_no_sheet(turn: int) -> None:
    ring = Image.new("L", (800, 800))
    ImageDraw.Draw(ring).ellipse((200, 120, 600, 680), outline=255, width=70)
    picture = Image.new("RGB", (800, 800), (205, 198, 188))
    picture.paste((25, 25, 30), mask=ring.rotate(turn))
    assert find_sheet(np.asarray(picture)) is None


@pytest.mark.mnist
@pytest.mark.parametrize("kind", made_photographs.KINDS)
def test_a_photograph_of_every_kind_is_read_as_its_clean_scan_is(kind: str) -> None:
    """One of each kind; `photographs-read` of the benchmarks takes ten."""
    number = list(made_photographs.KINDS).index(kind)
    made = made_photographs.make(kind, real_set().validation.pixels[8 * number + 1].numpy(), 8 * number + 1)
    assert read(to_digit(made.picture)) == read(to_digit(made.clean))


@pytest.mark.mnist
def test_what_is_not_one_clean_digit_carries_a_warning() -> None:
    """Two of each kind; `doubts-raised` of the benchmarks takes twenty."""
    digits = [real_set().validation.pixels[5000 + at].numpy() for at in range(3)]
    made = [not_one_digit.make(kind, digits, seed) for kind in not_one_digit.KINDS for seed in (1, 2)]
    assert sum(bool(doubts(picture)) for picture in made) >= 0.9 * len(made)


@pytest.mark.mnist
def test_clean_digits_seldom_carry_a_warning() -> None:
    pixels = real_set().validation.pixels[:100].numpy()
    assert sum(bool(doubts(255 - one)) for one in pixels) <= 6


@pytest.mark.parametrize("ground", [60, 160])
def test_a_sheet_on_a_table_is_straightened_first(ground: int) -> None:
    finding = find_digits(sheet_on(ground))
    assert captions(finding)[1] == "Sheet straightened"
    assert len(finding.digits) == 1
    assert np.abs(finding.digits[0].digit - mnist_way(INK)).mean() < 0.06


def test_a_shadow_is_no_table() -> None:
    picture = np.full((500, 500), 240, np.uint8)
    picture[110:390, 120:400] = np.minimum(240, 255 - INK)
    shaded = (picture * np.where(np.arange(500) > 250, 0.6, 1.0)).astype(np.uint8)
    finding = find_digits(shaded)
    assert "Sheet straightened" not in captions(finding)
    assert np.abs(finding.digits[0].digit - mnist_way(INK)).mean() < 0.06


@pytest.mark.parametrize("kind", ["rulings", "squares", "box"])
def test_printed_lines_are_no_ink(kind: str) -> None:
    picture = np.pad(255 - INK, 60, constant_values=255)
    if kind == "box":
        picture[70:73, 80:320] = picture[330:333, 80:320] = 60
        picture[70:333, 80:83] = picture[70:333, 317:320] = 60
    else:
        picture[20::45] = np.minimum(picture[20::45], 120)
        if kind == "squares":
            picture[:, 20::45] = np.minimum(picture[:, 20::45], 120)
    finding = find_digits(picture)
    assert "Printed lines removed" in captions(finding)
    assert np.abs(finding.digits[0].digit - mnist_way(INK)).mean() < 0.06


def test_the_straight_strokes_of_a_digit_are_no_printed_lines() -> None:
    for digit in (1, 4, 7):
        picture = np.pad(255 - drawn(digit, 6), 20, constant_values=255)
        assert "Printed lines removed" not in captions(find_digits(picture))


def test_digits_are_cut_apart_in_reading_order() -> None:
    row = np.hstack([drawn(digit)[:, 60:220] for digit in (3, 7, 5)])
    finding = find_digits(255 - row)
    assert len(finding.digits) == 3
    for found, digit in zip(finding.digits, (3, 7, 5), strict=True):
        assert np.abs(found.digit - mnist_way(drawn(digit))).mean() < 0.06


def test_the_loose_bar_of_a_5_belongs_to_it() -> None:
    ink = drawn(5, 14).copy()
    ink[66:80, 90:125] = 0
    assert len(find_digits(255 - ink).digits) == 1


@pytest.mark.parametrize("tone", [0, 128, 255])
def test_the_hole_of_a_stencil_is_the_ink(tone: int) -> None:
    hole = transparent(INK, tone)
    hole[..., 3] = 255 - hole[..., 3]
    assert np.abs(to_digit(hole) - mnist_way(INK)).mean() < 0.04


def test_ink_at_the_edge_and_several_digits_are_doubtful() -> None:
    assert "edge" in doubts(255 - INK[:140])
    assert "several" in doubts(255 - np.hstack([drawn(3), drawn(7)]))
    assert not doubts(255 - INK)


def test_a_drawing_in_parts_or_at_the_edge_is_doubtful_too() -> None:
    def kinds(ink: np.ndarray) -> set[str]:
        return {doubt.kind for doubt in doubts_about_drawing(prepare_strokes(ink))}

    assert "edge" in kinds(np.pad(INK[:140], ((140, 0), (0, 0)))[::-1])
    assert "parts" in kinds(np.hstack([drawn(3), drawn(7)]))
    assert not kinds(INK)


def test_a_digit_of_few_pixels_is_doubtful() -> None:
    small = Image.fromarray(255 - INK).reduce(28)
    assert "tiny" in doubts(small) and "tiny" not in doubts(Image.fromarray(255 - INK).reduce(10))


def test_a_patch_of_ink_and_a_pattern_are_doubtful() -> None:
    square, disc = Image.new("L", (200, 200), 255), Image.new("L", (200, 200), 255)
    ImageDraw.Draw(square).rectangle((60, 60, 140, 140), fill=0)
    ImageDraw.Draw(disc).ellipse((20, 20, 180, 180), fill=0)
    board = np.indices((50, 50)).sum(axis=0) // 2 % 2 * 255
    for picture in (square, disc, board.astype(np.uint8)):
        assert "solid" in doubts(picture)
    stripes = np.where(np.arange(200) % 20 < 10, 0, 255).astype(np.uint8)
    for picture in (np.tile(stripes, (200, 1)), np.tile(stripes[:50], (50, 1)), np.tile(stripes[:40, None], (1, 40))):
        assert doubts(picture)


def test_every_doubt_is_a_sentence() -> None:
    finding = find_digits(255 - np.hstack([drawn(3), drawn(7)])[:140])
    found = find_doubts(finding, 1)
    assert found and all(doubt.sentence.endswith(".") and "\n" not in doubt.sentence for doubt in found)


def on_transparency() -> np.ndarray:
    sheet = np.dstack([*[255 - INK] * 3, np.full_like(INK, 255)])
    return np.pad(sheet, ((100, 0), (0, 250), (0, 0)))


def stencil() -> np.ndarray:
    hole = transparent(INK, 90)
    hole[..., 3] = 255 - hole[..., 3]
    return np.pad(hole, ((0, 120), (180, 0), (0, 0)))


PLACES = {
    "two digits": 255 - np.hstack([drawn(3), drawn(7)]),
    "a sheet on a table": sheet_on(60),
    "a sheet on transparency": on_transparency(),
    "a stencil": stencil(),
    "28 pixels": (255 - 255 * mnist_way(INK)).astype(np.uint8),
}


@pytest.mark.parametrize("name", PLACES)
def test_the_part_that_holds_a_digit_is_read_as_it_was_in_the_whole_picture(name: str) -> None:
    whole = find_digits(PLACES[name])
    for index, digit in enumerate(whole.digits):
        part = whole.find_part(index)
        assert part != Crop() and part.turn == 0
        cropped = find_digits(PLACES[name], part)
        assert len(cropped.digits) == 1 and np.abs(cropped.digits[0].digit - digit.digit).mean() < 0.03


def test_a_part_is_cropped_and_turned_by_hand() -> None:
    both = np.hstack([drawn(3), drawn(7)])
    left = find_digits(255 - both, Crop(right=50))
    assert len(left.digits) == 1 and np.abs(left.digits[0].digit - mnist_way(drawn(3))).mean() < 0.06
    lying = np.ascontiguousarray(np.rot90(255 - INK))
    upright = find_digits(lying, Crop(turn=90))
    assert np.abs(upright.digits[0].digit - mnist_way(INK)).mean() < 0.06
    half = find_digits(np.rot90(255 - both), Crop(turn=90, top=50))
    assert len(half.digits) == 1 and np.abs(half.digits[0].digit - mnist_way(drawn(3))).mean() < 0.06
    with pytest.raises(PictureError, match="too small"):
        find_digits(255 - INK, Crop(left=50, right=50))
