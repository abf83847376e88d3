"""Arrays, bars and figures show what they were given."""

import io
import re

import numpy as np
import pytest
from PIL import Image

from core.visualization import arrays
from core.visualization.figures import Curve, draw_confusion, draw_curves
from core.visualization.network_colors import color_of
from core.visualization.palette import GRAY
from core.visualization.readings import Reading, draw_answers, draw_readings, draw_waiting
from core.visualization.rendering import STYLESHEET
from core.visualization.signed_colors import (
    INK,
    NEGATIVE,
    POSITIVE,
    draw_signed_sheet,
    overlay_evidence,
    to_signed,
)
from core.zoo.recipes import RECIPES

CLASSES = tuple("0123456789")


def sure_of(label: int, share: float = 0.91) -> np.ndarray:
    probabilities = np.full(10, (1 - share) / 9, np.float32)
    probabilities[label] = share
    return probabilities


def test_enlarging_keeps_every_pixel() -> None:
    picture = np.arange(784, dtype=np.uint8).reshape(28, 28)
    assert np.array_equal(arrays.enlarge(picture, 5)[2::5, 2::5], picture)


def test_kept_pixels_stay_grey_and_erased_ones_turn_orange() -> None:
    digit, mask = np.full((28, 28), 0.5, np.float32), np.ones((28, 28), bool)
    mask[:14] = False
    picture = arrays.mark_erased(digit, mask, 4)
    assert (picture[56:] == 128).all()
    assert {tuple(pixel) for pixel in picture[:56].reshape(-1, 3)} == {arrays.ERASED, arrays.ERASED_GROUND}


def test_a_fill_is_orange_only_where_something_was_erased() -> None:
    mask = np.ones((28, 28), bool)
    mask[0, 0] = False
    picture = arrays.tint_erased(np.ones((28, 28), np.float32), mask)
    assert tuple(picture[0, 0]) == arrays.ERASED and (picture[1:] == 255).all()


@pytest.mark.parametrize(("count", "size"), [(0, (1, 1)), (1, (60, 60)), (7, (176, 176)), (10, (234, 176))])
def test_a_contact_sheet_holds_every_digit(count: int, size: tuple[int, int]) -> None:
    sheet = arrays.contact_sheet([np.ones((28, 28), np.float32)] * count, 3)
    assert sheet.shape == size and (sheet == 255).sum() == count * 56 * 56


def test_a_png_comes_back_as_it_was() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (28, 28), dtype=np.uint8)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(arrays.to_png(picture)))), picture)


def test_every_shipped_network_has_a_colour_of_its_own() -> None:
    names = [name for name, recipe in RECIPES.items() if not recipe.laboratory]
    assert len({color_of(name) for name in names}) == len(names)
    assert color_of("somebody's own") == color_of("somebody's own")


def test_bars_are_as_high_as_the_probabilities_and_changed_minds_are_marked() -> None:
    changed = Reading("A", "#123456", sure_of(3), sure_of(8))
    same = Reading("B", "#654321", sure_of(5), sure_of(5, 0.3))
    html = draw_readings([changed, same], CLASSES)
    assert html.count("was 8<") == 1 and html.count("ns-changed") == 1
    assert re.findall(r'data-answer="(\d)"', html) == ["3", "5"]
    shares = [float(share) for share in re.findall(r"--share:([\d.]+)%", html)]
    assert len(shares) == 20 and shares[3] == pytest.approx(100 * 0.91, abs=0.1)


def test_an_answer_in_words_has_a_column_that_is_wide_enough() -> None:
    read = Reading("A", "#123456", sure_of(1), sure_of(1))
    assert "ns-words" in draw_readings([read], ["Ankle boot", *CLASSES[1:]])
    assert "ns-words" not in draw_readings([read], CLASSES)
    assert re.search(r"\.ns-words \.ns-row \{ --ns-answer", STYLESHEET.read_text("utf-8"))


def test_rows_that_wait_have_the_places_of_answers() -> None:
    html = draw_waiting({"Standard & more": "#123"}, CLASSES)
    assert html.count('class="ns-bar ns-not"') == 10 and html.count("--share:0.0%") == 10
    assert "Standard &amp; more" in html and "data-answer" not in html and "data-announce" not in html


def test_the_stylesheet_has_the_colours_of_the_pictures() -> None:
    styles = STYLESHEET.read_text("utf-8")
    for name, color in {"positive": POSITIVE, "negative": NEGATIVE}.items():
        assert f"--ns-{name}: rgb{color};" in styles
    assert f"--ns-gray: {GRAY};" in styles


def test_every_class_of_a_template_has_a_style() -> None:
    """A renamed class would lose its look without an error."""
    styles = STYLESHEET.read_text("utf-8")
    found = set()
    for template in (STYLESHEET.parent / "templates").glob("*.html"):
        found |= set(re.findall(r"ns-[a-z-]*[a-z]", re.sub(r"--ns-[a-z]+", "", template.read_text("utf-8"))))
    unstyled = {name for name in found if not re.search(rf"\.{name}\b", styles)}
    assert len(found) > 30 and unstyled == {"ns-deeper"}  # neither a hit nor skipped: it looks plain


def test_a_title_cannot_bring_html_along() -> None:
    reading = Reading("<script>", "#123456", sure_of(1), sure_of(1), note="<b>")
    for html in (draw_readings([reading], CLASSES), draw_answers([reading], CLASSES)):
        assert "<script>" not in html and "&lt;script&gt;" in html


def test_a_confusion_point_carries_its_cell() -> None:
    counts = np.arange(9).reshape(3, 3)
    points = draw_confusion(counts, ("a", "b", "c"), "#3B82C4").data[0]
    assert list(points.customdata[5]) == [1, 2] and points.hovertext[5] == "a b, read as c: 5"
    assert points.y[5] == "b" and points.x[5] == "c"
    assert points.unselected.marker.opacity == 0 and points.selected.marker.opacity == 1
    assert len(points.x) == 9 and points.hovertext[0] == "" and points.marker.color[0] == "rgba(0,0,0,0)"


def test_a_larger_count_has_a_stronger_colour_whether_right_or_wrong() -> None:
    figure = draw_confusion(np.array([[115, 3], [0, 25]]), ("a", "b"), "#3B82C4")
    cells = figure.data[1]
    assert cells.colorscale[1] == (1, "rgb(59,130,196)") and (cells.zmin, cells.zmax) == (0, 1)
    (right, few), (never, some) = cells.z
    assert 0 < few < some < right == 1 and np.isnan(never)
    assert [(one.x0, one.y0) for one in figure.layout.shapes] == [(-0.495, -0.495), (0.505, 0.505)]
    assert [(one.text, one.font.color) for one in figure.layout.annotations] == [
        ("115", "#000"),
        ("3", "#000"),
        ("25", "#000"),
    ]


def test_a_curve_keeps_its_points_and_its_colour() -> None:
    figure = draw_curves([Curve("A", "#123456", [0, 50], [99.0, 40.0])], x_title="x", y_title="y")
    assert list(figure.data[0].y) == [99.0, 40.0] and figure.data[0].line.color == "#123456"


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
    digit, mask = np.random.default_rng(0).random((28, 28)), np.ones((28, 28), bool)
    mask[:14] = False
    dark = overlay_evidence(digit, mask, np.zeros((28, 28)), limit=1, factor=3)
    assert np.abs(dark - INK * arrays.mark_erased(digit, mask, 3)).max() <= 1
    lit = overlay_evidence(0 * digit, np.ones((28, 28), bool), np.full((28, 28), -1.0), limit=1, factor=3)
    assert (lit.reshape(-1, 3) == NEGATIVE).all()


def test_a_sheet_of_filters_keeps_zero_black_between_grey_lines() -> None:
    sheet = draw_signed_sheet(np.stack([np.zeros((5, 5)), np.ones((5, 5))]), 2, limit=1, factor=4)
    assert sheet.shape == (24, 46, 3) and (sheet[2:22, 2:22] == 0).all() and (sheet[2:22, 24:44] == POSITIVE).all()
    assert (sheet[:2] == 128).all()
