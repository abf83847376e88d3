"""The figures of inversion: the table of variants, the algebra, omega's curves, missing features."""

import re
from urllib.parse import unquote

import numpy as np
import pytest

from core.visualization.figures import Curve
from core.visualization.formulas import draw_formulas
from core.visualization.inversion import (
    FeatureCard,
    VariantRow,
    draw_contributions,
    draw_feature_cards,
    draw_inversion_curve,
    draw_logits,
    draw_map_strengths,
    draw_omega,
    draw_variants,
)

COLUMNS = ("whole", "HCUT")
NAMES = ("0", "1", "<b>")


def row(title: str, **settings: object) -> VariantRow:
    values = {"formula": "1 − ReLU", "curve": "data:,", "kind": "same functions"}
    return VariantRow(title, **(values | {"accuracies": {"whole": 99.0, "HCUT": 53.04}} | settings))  # type: ignore[arg-type]


def text(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def test_m2_to_m8_a_variant_shows_the_difference_to_its_own_ordinary_network() -> None:
    base = {"whole": 99.0, "HCUT": 47.9}
    html = draw_variants([row("Base", accuracies=base, kind="ordinary"), row("V", base=base)], COLUMNS, answers=False)
    assert "Base 1 − ReLU ordinary 99.0 47.9 V 1 − ReLU same functions 99.0 +0.0 53.0 +5.1" in text(html)
    assert html.count("ns-base") == 1
    assert '<span class="ns-more">+5.1' in html and '<span class="">+0.0' in html


def test_what_was_never_measured_is_a_dash_and_titles_bring_no_html() -> None:
    html = draw_variants([row("<i>", accuracies={}, answer="5 · 99 %")], COLUMNS, answers=True)
    assert "5 · 99 % – –" in text(html) and "&lt;i&gt;" in html
    assert "5 · 99 %" not in draw_variants([row("a", answer="5 · 99 %")], COLUMNS, answers=False)


def test_m4_a_curve_goes_through_its_points_upwards() -> None:
    svg = unquote(draw_inversion_curve(np.array([-4.0, 0.0, 4.0]), np.array([1.0, 1.0, -3.0]), color="#123456"))
    assert 'points="-40.0,-10.0 0.0,-10.0 40.0,30.0"' in svg and "#123456" in svg


def test_steps_are_written_as_they_are() -> None:
    assert text(draw_formulas([("w < 1", "a = b")])) == "w &lt; 1 a = b"


def test_a_negative_difference_of_logits_has_a_minus_sign() -> None:
    html = draw_logits({"one": np.array([1.5]), "other": np.array([1.75])}, ("0",))
    assert text(html).endswith("difference −2e-01")


def test_two_equal_rows_of_logits_differ_by_nothing() -> None:
    html = draw_logits({"one": np.array([1.5, -2.0]), "other": np.array([1.5, -2.00001])}, ("0", "1"))
    assert text(html) == "logit of class 0 1 one 1.5000 −2.0000 other 1.5000 −2.0000 difference 0 1e-05"


def test_m16_the_chosen_omega_is_marked_and_the_axis_holds_every_curve() -> None:
    curves = [Curve("a", "#123456", [0, 1], [50.0, 53.0]), Curve("b", "#654321", [0, 1], [50.0, 48.0])]
    figure = draw_omega(curves, 0.65)
    assert figure.layout.shapes[0].x0 == 0.65 == figure.layout.shapes[0].x1
    assert list(figure.layout.yaxis.range) == pytest.approx([47.0, 54.0])


def card(effects: list[float]) -> FeatureCard:
    picture = np.zeros((4, 4), np.uint8)
    return FeatureCard("Map <3>", picture, picture, np.array(effects), "Usually & so on")


def test_m13_the_bars_of_all_cards_share_one_scale_and_classes_bring_no_html() -> None:
    html = draw_feature_cards([card([-2.0, 0.0, 1.0]), card([-1.0, 0.5, 0.0])], NAMES)
    assert [int(share) for share in re.findall(r"height:(\d+)%", html)] == [100, 0, 100, 50, 50, 0]
    up, down = re.search(r"--ns-up:([\d.]+)fr;--ns-down:([\d.]+)fr", html).groups()  # type: ignore[union-attr]
    assert float(down) == 2 * float(up)
    assert "&lt;b&gt;" in html and "Map &lt;3&gt;" in html and "Usually &amp; so on" in html


@pytest.mark.parametrize("effects", [[0.0, 0.0, 0.0], [-1.0, -1.0, 0.0], [2.0, 1.0, 0.0]])
def test_cards_need_no_effects_on_either_side(effects: list[float]) -> None:
    assert "nan" not in draw_feature_cards([card(effects)], NAMES) and "ns-missing" in draw_feature_cards([], NAMES)


def test_m13_the_parts_of_a_balance_stand_on_one_another() -> None:
    figure = draw_contributions([-2.0, 0.0], [-3.0, 0.0], [0.5, 0.0], NAMES[:2])
    assert figure.layout.barmode == "relative" and [part.y[0] for part in figure.data] == [-2.0, -3.0, 0.5]


def test_m13_the_maps_of_the_table_are_sorted_by_their_strongest_class() -> None:
    strengths = np.array([[0.1, 1.0, 0.5], [1.0, 0.2, 1.0]])
    heat = draw_map_strengths(strengths, ("a", "b")).data[0]
    assert list(heat.x) == ["1", "0", "2"] and heat.z[0].tolist() == [100, 10, 50]
    assert (heat.zmin, heat.zmax) == (0, 100)
