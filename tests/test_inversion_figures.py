"""The drawings of the inversion laboratory: the table of variants, the algebra, omega's curves (M2 to M8, M16)."""

import re
from urllib.parse import unquote

import numpy as np
import pytest

from core.visualization.figures import Curve
from core.visualization.formulas import draw_formulas
from core.visualization.inversion import VariantRow, draw_inversion_curve, draw_logits, draw_omega, draw_variants

COLUMNS = ("whole", "HCUT")


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


def test_two_equal_rows_of_logits_differ_by_nothing() -> None:
    html = draw_logits({"one": np.array([1.5, -2.0]), "other": np.array([1.5, -2.00001])}, ("0", "1"))
    assert text(html) == "logit of class 0 1 one 1.5000 -2.0000 other 1.5000 -2.0000 difference 0 1e-05"


def test_m16_the_chosen_omega_is_marked_and_the_axis_holds_every_curve() -> None:
    curves = [Curve("a", "#123456", [0, 1], [50.0, 53.0]), Curve("b", "#654321", [0, 1], [50.0, 48.0])]
    figure = draw_omega(curves, 0.65)
    assert figure.layout.shapes[0].x0 == 0.65 == figure.layout.shapes[0].x1
    assert list(figure.layout.yaxis.range) == pytest.approx([47.0, 54.0])
