"""Pictures and bars of what speaks for and against: zero is black, and both sides have one scale (M13)."""

import re

import numpy as np
import pytest

from core.visualization.arrays import mark_erased
from core.visualization.inversion import FeatureCard, draw_contributions, draw_feature_cards, draw_map_strengths
from core.visualization.signed_colors import INK, NEGATIVE, POSITIVE, draw_signed_sheet, overlay_evidence, to_signed

CLASSES = ("0", "1", "<b>")
WHOLE = np.ones((28, 28), bool)


def test_zero_is_black_and_the_signs_have_colours_of_equal_strength() -> None:
    picture = to_signed(np.array([-2.0, -1.0, 0.0, 1.0, 9.0, np.nan]), 2.0)
    assert picture.tolist() == [
        list(NEGATIVE),
        [round(one / 2) for one in NEGATIVE],
        [0, 0, 0],
        [round(one / 2) for one in POSITIVE],
        list(POSITIVE),
        [0, 0, 0],
    ]


def test_values_that_are_all_zero_are_black_whatever_the_limit() -> None:
    assert not to_signed(np.zeros((3, 3)), 0.0).any()


def test_evidence_lies_over_a_dimmed_digit_and_the_hatching() -> None:
    digit, mask = np.random.default_rng(0).random((28, 28)), WHOLE.copy()
    mask[:14] = False
    dark = overlay_evidence(digit, mask, np.zeros((28, 28)), limit=1, factor=3)
    assert np.abs(dark - INK * mark_erased(digit, mask, 3)).max() <= 1
    lit = overlay_evidence(0 * digit, WHOLE, np.full((28, 28), -1.0), limit=1, factor=3)
    assert (lit.reshape(-1, 3) == NEGATIVE).all()


def test_a_sheet_of_filters_keeps_zero_black_between_grey_lines() -> None:
    sheet = draw_signed_sheet(np.stack([np.zeros((5, 5)), np.ones((5, 5))]), 2, limit=1, factor=4)
    assert sheet.shape == (24, 46, 3) and (sheet[2:22, 2:22] == 0).all() and (sheet[2:22, 24:44] == POSITIVE).all()
    assert (sheet[:2] == 128).all()


def card(votes: list[float]) -> FeatureCard:
    picture = np.zeros((4, 4), np.uint8)
    return FeatureCard("Map <3>", picture, picture, np.array(votes), "Usually & so on")


def test_m13_the_bars_of_all_cards_share_one_scale_and_classes_bring_no_html() -> None:
    html = draw_feature_cards([card([-2.0, 0.0, 1.0]), card([-1.0, 0.5, 0.0])], CLASSES)
    assert [int(share) for share in re.findall(r"height:(\d+)%", html)] == [100, 0, 100, 50, 50, 0]
    up, down = re.search(r"--ns-up:([\d.]+)fr;--ns-down:([\d.]+)fr", html).groups()  # type: ignore[union-attr]
    assert float(down) == 2 * float(up)
    assert "&lt;b&gt;" in html and "Map &lt;3&gt;" in html and "Usually &amp; so on" in html


@pytest.mark.parametrize("votes", [[0.0, 0.0, 0.0], [-1.0, -1.0, 0.0], [2.0, 1.0, 0.0]])
def test_cards_need_no_votes_on_either_side(votes: list[float]) -> None:
    assert "nan" not in draw_feature_cards([card(votes)], CLASSES) and "ns-missing" in draw_feature_cards([], CLASSES)


def test_m13_the_parts_of_a_balance_stand_on_one_another() -> None:
    figure = draw_contributions([-2.0, 0.0], [-3.0, 0.0], [0.5, 0.0], CLASSES[:2])
    assert figure.layout.barmode == "relative" and [part.y[0] for part in figure.data] == [-2.0, -3.0, 0.5]


def test_m13_the_maps_of_the_table_are_sorted_by_their_strongest_class() -> None:
    strengths = np.array([[0.1, 1.0, 0.5], [1.0, 0.2, 1.0]])
    heat = draw_map_strengths(strengths, ("a", "b")).data[0]
    assert list(heat.x) == ["1", "0", "2"] and heat.z[0].tolist() == [100, 10, 50]
    assert (heat.zmin, heat.zmax) == (0, 100)
