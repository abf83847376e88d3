"""The page "Why this class": its views, what they explain, and what they show when there is nothing to explain."""

import re

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from streamlit.testing.v1 import AppTest

from core.attribution.methods import METHODS
from core.visualization.arrays import ERASED, ERASED_GROUND
from core.visualization.attribution import (
    NetworkRow,
    PictureCell,
    draw_erasure,
    draw_hole_counts,
    draw_hole_map,
    draw_network_rows,
)
from core.visualization.signed_colors import NEGATIVE, POSITIVE
from dashboard.server import caches, data_sets
from dashboard.server.scene import Scene
from dashboard.why import cached
from dashboard.why.network_readings import LABEL, LABEL_TEXT
from tests.browser import complaints_of, settle
from tests.hooks import count_hooks
from tests.pages import captions, html, open_page, rerun
from tests.sample_digits import real_set, sample_of

VIEWS = (
    "Which pixels count",
    "Where to erase",
    "Random weights",
    "Where it is lost",
    "What its maps respond to",
    "A hole everywhere",
    "The smallest erasure",
)
QUICK = "standard,missing-feature"  # networks


def open_view(view: str, **params: str) -> AppTest:
    app = open_page("why", **{"sample": sample_of(5), "networks": QUICK, "view": view, **params})
    assert not app.warning
    return app


def texts(app: AppTest) -> str:
    return " ".join(one.value for one in app.markdown)


# Pictures


def test_black_is_zero_and_blue_and_red_are_equally_far_from_it():
    values = np.array([[1.0, 0.0, -1.0]])
    picture = draw_hole_map(np.zeros((28, 28)), values, 26, factor=1)
    assert picture.tolist() == [[list(POSITIVE), [0, 0, 0], list(NEGATIVE)]]


def test_places_are_drawn_where_the_middle_of_the_hole_is():
    digit = np.zeros((28, 28))
    digit[4, 4] = 1  # the middle of the first of 400 holes
    picture = draw_hole_map(digit, np.zeros((20, 20)), 9, factor=1)
    assert picture[0, 0].min() > 60 and picture.sum() == picture[0, 0].sum()


def test_all_right_is_blue_none_is_red_and_half_is_black():
    picture = draw_hole_counts(np.zeros((28, 28)), np.array([[4, 2, 0]]), 4, 26, factor=1)
    assert picture.tolist() == [[list(POSITIVE), [0, 0, 0], list(NEGATIVE)]]


def test_a_single_erased_pixel_is_full_orange_and_what_was_missing_before_is_hatched():
    before, after = np.ones((28, 28), bool), np.ones((28, 28), bool)
    before[:14] = after[:14] = False
    after[20, 10] = after[22, 10] = False
    digit = np.ones((28, 28))
    digit[22, 10] = 0
    picture = draw_erasure(digit, before, after, factor=1)
    assert picture[22, 10].tolist() == list(ERASED_GROUND), "the digit is seen under the erasure"
    assert picture[20, 10].tolist() == list(ERASED) and (picture[20, 11] == 255).all()
    assert {tuple(color) for color in picture[:14].reshape(-1, 3).tolist()} == {ERASED, ERASED_GROUND}


def test_a_row_shows_its_pictures_or_why_there_are_none_and_no_markup_of_others():
    shown = [PictureCell(np.zeros((4, 4, 3), np.uint8), "up to 1.2"), PictureCell(None, "no <maps>")]
    drawn = draw_network_rows(
        [NetworkRow("Standard <b>", "#123456", "5", "99 % sure", shown)], ["Saliency", "Grad-CAM"]
    )
    assert drawn.count("<img") == 1 and "no &lt;maps&gt;" in drawn and "Standard &lt;b&gt;" in drawn
    assert drawn.count("<h6>") == 2 and "--ns-columns:2" in drawn


# The page


@pytest.mark.parametrize("view", VIEWS)
def test_c12_every_view_opens(view: str):
    app = open_view(view)
    assert not app.error and "<img" in html(app)


def test_c12_every_method_explains_every_network():
    app = open_view("Which pixels count")
    shown = html(app)
    assert shown.count("<figure") == 2 * len(METHODS)
    assert all(method.title in shown.replace("\u00ad", "") for method in METHODS.values())
    assert "in all +" in shown and "logits" in shown


def test_a_chosen_class_is_explained():
    app = open_view("Which pixels count")
    own = html(app)
    app.selectbox(key="why class").set_value(3)
    other = html(rerun(app))
    assert own != other and other.count("<figure") == 2 * len(METHODS)


def test_one_scale_for_all_networks_dims_the_weaker_ones():
    app = open_view("Which pixels count", networks="standard,synergy")
    before = re.findall(r'src="data:image/png;base64,([^"]+)"', html(app))
    app.toggle(key="why scale").set_value(True)
    after = re.findall(r'src="data:image/png;base64,([^"]+)"', html(rerun(app)))
    changed = [one != other for one, other in zip(before, after, strict=True)]
    assert any(changed) and not all(changed)


def test_a_network_that_restores_explains_its_likeliest_fill():
    app = open_view("Which pixels count", networks="restoring", erased="HCUT")
    assert "the picture shows the most likely one" in html(app) and html(app).count("<figure") == len(METHODS)
    app = open_view("Which pixels count", networks="restoring")
    assert "the picture shows the most likely one" not in html(app)


def test_every_result_is_a_sentence_first():
    pixels = texts(open_view("Which pixels count"))
    assert re.search("Standard reads a 5, Missing-feature reads a 5. The [a-z ]+ counts most for ", pixels)
    assert "(by occlusion)" in pixels
    assert "pixels for Standard" in texts(open_view("The smallest erasure"))
    assert "responds most." in texts(open_view("What its maps respond to"))


def test_it_says_who_takes_what_is_erased_for_background():
    erased = texts(open_view("Which pixels count", networks="standard,restoring", erased="HCUT"))
    assert "Standard reads what is erased as empty background. Blue" in erased
    assert "empty background" not in texts(open_view("Which pixels count"))


def test_at_most_five_networks_are_shown():
    app = open_view(
        "Which pixels count", networks="standard,missing-feature,missing-no-reset,control,synergy,assignment"
    )
    assert "The first 5 of the 6 chosen networks" in captions(app) and html(app).count('class="ns-why-name"') == 5


def test_c12_maps_are_projected_down_from_any_stage_of_any_network():
    app = open_view("What its maps respond to")
    assert html(app).count("<figure") == 12 and "map" in html(app)
    last = html(app)
    app.segmented_control(key="why stage").set_value("conv1")
    assert html(rerun(app)) != last
    app.selectbox(key="why network").set_value("restoring")
    assert html(rerun(app)).count("<figure") == 12


def test_a_hole_is_slid_over_all_places_and_one_can_be_looked_at():
    app = open_view("A hole everywhere")
    assert "9 × 9 pixels is moved over 400 places. All 2 networks still read a 5 at" in texts(app)
    assert html(app).count("of 400</figcaption>") == 2 and "ns-answers" in html(app)
    app.slider(key="why size").set_value(14)
    assert html(rerun(app)).count("of 225</figcaption>") == 2
    app.selectbox(key="why truth").set_value(3)
    rerun(app)
    assert "still read a 3" in texts(app)


def test_a_link_holds_the_chosen_hole():
    app = open_view("A hole everywhere", hole="3.4")
    assert "rows 3 to 11, columns 4 to 12" in texts(app) and app.query_params["hole"] == "3.4"


@pytest.mark.slow
def test_a_network_that_restores_is_read_at_every_place_too():
    app = open_view("A hole everywhere", networks="standard,restoring")
    assert "2 networks still read a 5" in texts(app) and "Restoring: " in html(app)


def test_the_truth_is_the_label_and_of_a_drawing_what_most_networks_read():
    drawn = np.zeros((28, 28), np.float32)
    drawn[6:9, 7:21] = drawn[9:23, 16:19] = 1
    sampled, linked = open_view("A hole everywhere"), open_view("A hole everywhere", digit=to_link(drawn))
    assert "still read a 5" in texts(sampled) and "still read a 7" in texts(linked)
    assert [app.selectbox(key="why truth").options[0] for app in (sampled, linked)] == [LABEL_TEXT] * 2
    sampled.session_state["session"].scene.sample = int(sample_of(9))
    assert "still read a 9" in texts(rerun(sampled)) and sampled.selectbox(key="why truth").value == LABEL


def test_a_choice_always_shows_what_is_chosen():
    """An option None would be shown as "Choose an option", with a cross."""
    for view in VIEWS:
        assert all(box.value is not None for box in open_view(view).selectbox)


def to_link(digit: np.ndarray) -> str:
    return Scene(drawn=digit).to_params()["digit"]


def test_the_smallest_erasures_are_shown_with_what_is_read_then():
    app = open_view("The smallest erasure")
    shown = html(app)
    assert shown.count("<figure") == 4 and len(re.findall(r"(\d+) × \1: reads", shown)) >= 2
    assert len(re.findall(r"\d+ pixels?: reads", shown)) >= 2


@pytest.mark.slow
def test_restoring_networks_are_given_an_upper_bound_and_no_single_pixels():
    app = open_view("The smallest erasure", networks="restoring", sample="18")
    assert re.search(r"(\d+) × \1 or less: reads", html(app)) and "Not computed: a restoring network" in html(app)


@pytest.mark.parametrize("view", VIEWS)
def test_blank_paper_is_explained_too(view: str):
    networks = "standard" if view == "A hole everywhere" else "standard,restoring"  # 400 blank digits would take it 4 s
    app = open_view(view, digit=to_link(np.zeros((28, 28), np.float32)), networks=networks)
    assert not app.error
    if view == "The smallest erasure":
        assert "No square hole changes its answer" in html(app) and "Nothing that was erased" in html(app)


def test_what_is_worked_out_is_kept_for_the_same_digit_only():
    network = caches.classifier("standard", data_sets.current_name())

    def explain(value: float) -> np.ndarray:
        digit = np.full((28, 28), value, np.float32)
        return cached.attribution("a test", "a set", digit, 0, next(iter(METHODS)), network)

    first = explain(0.0)
    assert explain(1.0) is not first and explain(0.0) is first


def test_a_button_erases_what_a_method_points_at_and_undo_brings_it_back():
    app = open_view("Where to erase", share="20")
    before = texts(app)
    app.button(key="why erase occlusion").click()
    rerun(app)
    erased = ~app.session_state["session"].scene.mask
    ink = real_set().test.images(slice(int(sample_of(5)), int(sample_of(5)) + 1))[0, 0] > 0
    assert erased.sum() == round(0.2 * int(ink.sum())) and not erased[~ink.numpy()].any()
    assert texts(app) != before and "Part of it is erased" in captions(app)
    assert app.query_params["erased"] and app.query_params["share"] == "20"
    app.button(key="why erase random").click()
    rerun(app)
    assert (~app.session_state["session"].scene.mask).sum() > erased.sum(), "more is erased, nothing comes back"
    app.button(key="undo all erasing").click()
    assert texts(rerun(app)) == before and app.session_state["session"].scene.mask.all()
    assert len(app.session_state["session"].earlier_masks) == 3


def test_every_map_erases_its_strongest_ink_and_undo_brings_it_back():
    app = open_view("Where to erase", share="20")
    app.button(key="why erase occlusion").click()
    erased = rerun(app).session_state["session"].scene.mask
    for view, title in (("Which pixels count", "Standard: Occlusion"), ("Random weights", "Occlusion, trained")):
        app = open_view(view, share="20")
        choose_erasure(app, title)
        assert (app.session_state["session"].scene.mask == erased).all(), "as in Where to erase"
        assert app.query_params["erased"] and app.query_params["share"] == "20"
        app.button(key="undo all erasing").click()
        assert rerun(app).session_state["session"].scene.mask.all()


def test_a_map_of_a_stage_a_hole_and_the_smallest_square_are_erased_and_the_answers_follow():
    app = open_view("What its maps respond to")
    choose_erasure(app, app.menu_button(key="why erase").options[0])
    assert "Part of it is erased" in captions(app) and "It reads " in texts(app)
    app = open_view("A hole everywhere", hole="3.4")
    app.button(key="why erase hole").click()
    kept = rerun(app).session_state["session"].scene.mask
    assert not kept[3:12, 4:13].any() and kept.sum() == 28**2 - 81
    app = open_view("The smallest erasure")
    read = re.search(r"(\d+) × \1: reads (\d)", html(app))
    assert app.menu_button(key="why erase").help == "Erases it on all pages."  # no share counts here
    choose_erasure(app, "Standard: the smallest square hole")
    assert read is not None and f"<b>Standard</b><b>{read[2]}</b>" in html(app)


def choose_erasure(app: AppTest, title: str) -> None:
    app.menu_button(key="why erase").click(title)
    rerun(app)


def test_a_link_that_hides_erasing_hides_these_buttons():
    for view in ("Which pixels count", "Where to erase", "The smallest erasure"):
        app = open_view(view, hide="tools")
        assert not [one for one in (*app.button, *app.menu_button) if "erase" in str(one.key)]


def test_the_page_says_which_method_tells_where_to_erase_with_its_table_and_command():
    app = open_view("Where to erase")
    assert re.search("Without 10 % of its ink, chosen by [A-Za-z -]+, this 5 keeps a probability of", texts(app))
    assert "500 test digits and 5 networks" in texts(app) and "Grad-CAM does not" in texts(app)
    assert len(app.table[0].value) == len(METHODS) + 2 and "python -m core study explanations" in captions(app)


def test_the_page_says_which_map_does_not_depend_on_the_weights():
    app = open_view("Random weights")
    assert "once all weights are random: " in texts(app) and "random weights in all layers Deconvnet (0.56" in texts(
        app
    )
    assert html(app).count("<figure") == 5 * len(METHODS) and "random from conv1 on" in html(app)


@pytest.mark.slow
def test_the_networks_that_everyone_shares_keep_no_hooks():
    for view in VIEWS:
        open_view(view, networks="standard,restoring")
    restoring = caches.network("restoring", data_sets.current_name())
    assert restoring.restores
    standard = caches.classifier("standard", data_sets.current_name())
    assert count_hooks(standard) == count_hooks(restoring.classifier) == 0


@pytest.mark.slow
@pytest.mark.browser
def test_a_click_on_a_place_shows_the_digit_with_the_hole_there(page: Page, server: str):
    page.goto(f"{server}/why?sample=15&networks={QUICK}")
    settle(page)
    page.get_by_role("radio", name="A hole everywhere").click()
    expect(page.locator(".ns-holes img")).to_have_count(2, timeout=30_000)
    settle(page)
    box = page.locator(".js-plotly-plot").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 5, box["y"] + 5)
    expect(page.get_by_text("The hole in rows 0 to 8, columns 0 to 8")).to_be_visible(timeout=30_000)
    assert not complaints_of(page)
