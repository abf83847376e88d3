"""Filters by hand and the pictures they are moved over (C8, C11)."""

import io

import pytest
import torch
from PIL import Image

from core.convolution import manual_filters
from core.digits.pictures import PictureError


@pytest.mark.parametrize("name", manual_filters.MANUAL_FILTERS)
def test_c11_filters_by_hand_keep_the_size_and_see_what_they_say_on_even_ground(name):
    weights = manual_filters.MANUAL_FILTERS[name].weights
    found = manual_filters.apply_filter(torch.full((3, 12, 9), 0.5), weights)
    flat = 0.0 if "gradient" in name or name == "edges" else 0.5
    assert found.shape == (3, 12, 9) and torch.allclose(found, torch.full_like(found, flat), atol=1e-6)


def test_c11_gradients_are_the_change_to_the_right_and_downwards():
    ramp = torch.arange(6.0).expand(6, 6)[None]
    right, down = (
        manual_filters.apply_filter(ramp, manual_filters.MANUAL_FILTERS[name].weights)[0]
        for name in ("gradient →", "gradient ↓")
    )
    assert (right[:, 1:-1] == 8).all() and (down == 0).all()


def test_c11_own_filters_are_read_as_people_type_them():
    assert manual_filters.parse_filter(" 0 -1 0\n−1, 5; -1\n\n0\t-1 0 ").tolist() == [
        [0, -1, 0],
        [-1, 5, -1],
        [0, -1, 0],
    ]
    assert manual_filters.parse_filter("1/4 0 0\n0 1/2 0\n0 0 .25").diagonal().tolist() == [0.25, 0.5, 0.25]
    assert manual_filters.parse_filter("\n".join(["1 2 3 4 5"] * 5)).shape == (5, 5)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "This one has 0 rows of no numbers"),
        ("1 2\n3 4", "This one has 2 rows of 2 numbers"),
        ("1 2 3\n4 5\n7 8 9", "This one has 3 rows of 2 and 3 numbers"),
        ("1 2 3\n4 x 6\n7 8 9", "'x' is not a number"),
        ("1 2 3\n4 1/0 6\n7 8 9", "'1/0' is not a number"),
        ("1 2 3\n4 nan 6\n7 8 9", "nan is too large"),
        ("1 2 3\n4 1e9 6\n7 8 9", "1e9 is too large"),
    ],
)
def test_c11_a_filter_typed_wrongly_is_one_sentence(typed, said):
    with pytest.raises(manual_filters.FilterError, match=said) as refusal:
        manual_filters.parse_filter(typed)
    assert "\n" not in str(refusal.value)


def to_file(image: Image.Image, kind: str = "PNG") -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind)
    return stream.getvalue()


def test_c8_a_colour_picture_becomes_three_channels():
    found = manual_filters.read_color_picture(to_file(Image.new("RGB", (400, 200), (255, 0, 51))))
    assert found.shape == (3, 80, 160)
    assert [round(float(channel.mean()), 3) for channel in found] == [1, 0, 0.2]


def test_c8_what_is_transparent_is_paper_and_grey_is_three_equal_channels():
    assert manual_filters.read_color_picture(to_file(Image.new("RGBA", (8, 8), (0, 0, 0, 0)))).min() == 1
    gray = manual_filters.read_color_picture(to_file(Image.new("L", (8, 8), 51)))
    assert torch.equal(gray[0], gray[1]) and torch.equal(gray[1], gray[2])


@pytest.mark.parametrize("content", [b"", b"no picture", to_file(Image.new("RGB", (9, 9)))[:60]])
def test_c8_a_broken_picture_is_one_sentence(content):
    with pytest.raises(PictureError):
        manual_filters.read_color_picture(content)
