"""One value in an address: how each kind is written, read and refused."""

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.address.kinds import FLAG, PLACE, TEXT, TILE, WHOLE, many_of, number, one_of, whole
from dashboard.components.board import Chosen

NUMBER = number()
WORD = one_of(["gradient →", "linf", "l2"])
WORDS = many_of(["standard", "control", "a", "b"])


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (WORD, "gradient →", "gradient →"),
        (WORDS, ["standard", "control"], "standard,control"),
        (WORDS, [], ""),
        (TEXT, "1 0\n0 1", "1 0\n0 1"),
        (FLAG, True, "yes"),
        (PLACE, (3, 14), "3.14"),
        (TILE, Chosen("conv1", 3), "conv1.3"),
        (WHOLE, 12, "12"),
        (NUMBER, 0.15, "0.15"),
    ],
)
def test_every_kind_of_value_is_read_as_it_was_written(kind, value, text):
    assert kind.write(value) == text and kind.read(text) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (WORD, ""),
        (WORD, "x" * 1000),
        (WORD, "{attack network}"),
        (WORD, "a\nb"),
        (WORDS, "a,,b"),
        (WORDS, "a," * 999),
        (TEXT, "1 " * 999),
        (FLAG, "maybe"),
        (PLACE, "3"),
        (PLACE, "-1.2"),
        (PLACE, "1.2.3"),
        (TILE, "conv1"),
        (TILE, "conv1.-1"),
        (WHOLE, "1.5"),
        (WHOLE, "-1"),
        (WHOLE, "9" * 5000),
        (WHOLE, "x"),
        (NUMBER, "nan"),
        (NUMBER, "inf"),
        (one_of(["linf", "l2"]), "l1"),
        (NUMBER, "1e999"),
        (number(0, 1), "1.01"),
        (whole(3, 20), "2"),
    ],
)
def test_what_is_no_such_value_is_refused(kind, text):
    with pytest.raises(ValueError):
        kind.read(text)


@pytest.mark.parametrize(("first", "second"), [("size", "size"), ("erased", "size"), ("step", "size"), ("hide", "x")])
def test_no_two_widgets_have_one_name_and_none_is_called_like_a_part_of_the_scene(first, second):
    def draw(first, second):
        from dashboard import address

        address.toggle(first, "One", key="one")
        address.toggle(second, "Two", key="two")

    assert not AppTest.from_function(draw, args=("one", "two")).run().exception
    assert len(AppTest.from_function(draw, args=(first, second)).run().exception) == 1
