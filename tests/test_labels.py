"""Labels of pictures: they stay with their pictures on a sheet, and only a file has them as pixels."""

import numpy as np

from core.visualization.arrays import CAPTION_GROUND
from core.visualization.labels import Labelled, arrange_labelled, draw_labels, put_beside, stack, to_strip

BLACK = np.zeros((20, 40), np.uint8)


def titled(text: str) -> Labelled:
    return stack(to_strip(text, BLACK, height=16), Labelled(BLACK))


def test_a_label_moves_with_its_picture():
    row = put_beside(titled("one"), titled("two"))
    assert row.picture.shape == (36, 80)
    assert [label[:5] for label in row.labels] == [("one", 0, 0, 40, 16), ("two", 40, 0, 40, 16)]
    sheet = arrange_labelled([titled("one"), titled("two"), titled("three")], 2, gap=4)
    assert sheet.picture.shape == (84, 92)
    assert [label[:3] for label in sheet.labels] == [("one", 4, 4), ("two", 48, 4), ("three", 4, 44)]


def test_labels_are_pixels_in_a_file_only():
    one = titled("one")
    assert set(one.picture[:16].flat) == {CAPTION_GROUND} and not one.picture[16:].any()
    drawn = draw_labels(one)
    assert drawn[:16].max() > 150 and np.array_equal(drawn[16:], one.picture[16:])


def test_a_label_has_its_colour_on_a_picture_in_colour():
    ground = np.zeros((16, 40, 3), np.uint8)
    red, green, blue = draw_labels(to_strip("one", ground, height=16, color="#ff0000")).reshape(-1, 3).max(0)
    assert red > 200 and green <= CAPTION_GROUND and blue <= CAPTION_GROUND
