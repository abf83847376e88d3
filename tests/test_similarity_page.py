"""The page "Nearest digits": where a digit stops early, and each threshold's accuracy and time."""

import re
import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.second_model.training import SecondModelConfig
from core.similarity.digit_map import FADES
from core.studies.recorded import load_recorded
from core.system.number_format import format_distance
from core.visualization.similarity import (
    Neighbour,
    StageComparison,
    Tradeoff,
    draw_comparisons,
    draw_times,
    draw_tradeoff,
)
from dashboard.server import caches
from dashboard.similarity import cached, form, map_views, second_model_runs, second_model_views
from tests.pages import captions, first_sentence, html, open_page, rerun, text_of


@pytest.fixture(autouse=True)
def few_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compare fewer digits; the assertions hold for any number."""
    monkeypatch.setattr(form, "SEEN", (0.004, 0.01, 0.02))
    monkeypatch.setattr(cached, "COMPARED", 120)
    monkeypatch.setattr(caches, "SURVEYED", 300)
    monkeypatch.setattr(cached, "TIMED", 20)
    monkeypatch.setattr(cached, "TIMED_ALONE", 3)
    for function in (cached.comparison, cached.timing, cached.costs):
        function.clear()


def open_view(view: str, **params: str) -> AppTest:
    return open_page("similarity", **{"sample": "18", "view": view, **params})


def near(app: AppTest, share: float) -> AppTest:
    app.select_slider(key="shortcut share").set_value(share)
    return rerun(app)


def headline(app: AppTest) -> str:
    return next(text.value for text in app.markdown if text.value.startswith("####"))


# Your digit


def test_s4_the_nearest_at_every_stage_are_shown_with_their_distance_the_nearest_first() -> None:
    page = html(open_view("Your digit"))
    stages = re.findall(r'<div class="ns-(?:hit|deeper|skipped)">(.*?)</div>', page)
    assert len(stages) == 3 and all(stage.count("<img") == 8 for stage in stages)
    for stage in stages:
        found = [float(distance) for distance in re.findall(r"at distance ([\d.e-]+)", stage)]
        assert len(found) >= 8 and found == sorted(found)


def test_s4_with_a_generous_threshold_the_first_stage_cuts_it_short_with_none_the_network_reads_it() -> None:
    app = near(open_view("Your digit"), 1.0)
    assert headline(app).startswith("#### Stopped early at conv1: labelled ")
    assert any("Without the shortcut the whole network reads" in text.value for text in app.markdown)
    assert 'class="ns-hit"' in html(app) and "not computed" in html(app)
    assert headline(near(app, 0.0)).startswith(
        "#### No digit is near enough: the network computes all layers and reads "
    )
    assert 'class="ns-hit"' not in html(app)


def test_s4_a_stage_that_is_not_compared_cuts_nothing_short() -> None:
    app = near(open_view("Your digit"), 1.0)
    app.button_group(key="shortcut stages").set_value(["conv2"])
    assert headline(rerun(app)).startswith("#### Stopped early at conv2")
    assert "not compared here" in html(app)


def test_s4_nowhere_to_compare_is_a_sentence() -> None:
    app = open_view("Your digit")
    app.button_group(key="shortcut stages").set_value([])
    assert "at least one layer" in rerun(app).info[0].value


def test_s4_an_erased_digit_is_compared_as_it_is_left() -> None:
    whole_digit = html(open_view("Your digit"))
    assert html(open_view("Your digit", erased="HCUT")) != whole_digit


@pytest.mark.parametrize("network", ["assignment", "local-dense"])
def test_s4_any_blind_network_can_be_compared(network: str) -> None:
    app = open_view("Your digit")
    app.selectbox(key="shortcut network").set_value(network)
    assert "ns-stages" in html(rerun(app))


# Map of all digits


def test_the_map_shows_the_digit_its_way_while_it_is_erased_and_its_nearest_digits_in_each_space() -> None:
    app = open_view("Map of all digits", erased="HCUT")
    sentence = r"It (moves from \ds to \ds|stays among \ds): \d+ of its 15 nearest are \ds\.$"
    assert re.match(sentence, first_sentence(app))
    way = path_on_map(app)
    assert len(way["path"]) == FADES and "ns-whole" in way["svg"]
    rows = re.findall(r"<p><b>(\w[\w ]+)</b> · (\d+) of 15 are \ds; of the whole digit", html(app))
    assert [title for title, _ in rows] == ["Pixels", "Last features", "Missing features"]
    assert html(app).count("at distance") == 2 * 3 * map_views.SHOWN  # as a title and as a text for screen readers
    assert {*way["path"]} != {*path_on_map(open_view("Map of all digits", erased="HCUT", by="pixels"))["path"]}


def test_a_whole_digit_is_one_place_on_the_map_and_an_empty_picture_is_one_too() -> None:
    whole = open_view("Map of all digits")
    assert first_sentence(whole).startswith("It lies among ") and len(path_on_map(whole)["path"]) == 1
    whole.session_state["session"].scene.mask = np.zeros((28, 28), np.bool_)
    assert len(path_on_map(rerun(whole))["path"]) == FADES


def test_by_principal_components_the_map_says_how_much_it_shows() -> None:
    app = open_view("Map of all digits", arranged="PCA", by="missing features")
    assert re.search(r"The two axes show \d+ % of the variance", captions(app))


def test_a_network_with_other_features_has_a_map_by_principal_components_and_says_why() -> None:
    app = open_view("Map of all digits", network="assignment")
    assert "This map is arranged by PCA" in captions(app) and path_on_map(app)["path"]


@pytest.mark.mnist
def test_the_map_says_how_many_test_digits_it_places_among_their_own_class() -> None:
    app, record = open_view("Map of all digits", arranged="t-SNE"), load_recorded("digit-map")
    row = next(row for row in record["rows"] if row["compared by"] == "last features")
    assert f"{row['tsne']:.0f} % of 10,000 test digits of MNIST" in captions(app)
    assert record["command"] in captions(app) and len(app.table[0].value) == 9
    said = map_views.describe_spaces(record["rows"])
    assert said in text_of(app) and re.search(
        r"by missing features: 63 %, by last features 57 % and by pixels 46 %", said
    )


def path_on_map(app: AppTest) -> dict[str, Any]:
    """Return the digit's way over the map, its SVG and its places."""
    (svg,) = (text.value for text in app.markdown if "ns-map-path" in text.value)
    return {"svg": svg, "path": re.search(r'points="([^"]*)"', svg)[1].split()}


# Threshold


def figures(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def test_s5_a_larger_threshold_cuts_more_short_and_never_none_changes_nothing() -> None:
    app = open_view("Threshold")
    shares = [figures(near(app, share))["stopped early"] for share in (0.0, 0.1, 1.0)]
    assert shares[0] == "0.0 %" and shares[2] == "100.0 %"
    assert figures(near(app, 0.0))["all digits"].endswith("(+0.00)")
    assert figures(app)["of those, correct"] == "–"


def test_s5_digits_with_a_wrong_label_are_shown_beside_those_they_were_taken_for() -> None:
    app = near(open_view("Threshold"), 1.0)
    assert re.match(r"#### \d+ digits got a wrong label", headline(app))
    assert "ns-wrong" in html(app) and re.search(r"a \d, conv1 says \d, the network \d", html(app))
    assert "ns-wrong" not in html(near(app, 0.0))


def test_s4_the_time_is_measured_and_said_beside_the_plain_network_s() -> None:
    app = open_view("Threshold")
    assert re.search(
        r"Measured on this computer: [\d.]+ ms per digit with the shortcut, [\d.]+ ms without", captions(app)
    )
    app.segmented_control(key="shortcut way").set_value("one at a time")
    again = captions(rerun(app))
    assert "Measured on this computer" in again
    app.button(key="shortcut again").click()
    assert captions(rerun(app)) != again, "no two measurements are alike to the microsecond"


def test_s4_it_says_when_looking_up_costs_more_than_it_saves() -> None:
    app = open_view("Threshold")
    app.button_group(key="shortcut stages").set_value(["flatten"])
    rerun(app)
    (said,) = [box.value for box in (*app.warning, *app.info) if "the look-up takes" in box.value]
    assert "It cannot save time here" in said or re.search(r"so it saves (no )?time", said)


def test_s5_the_threshold_chosen_costs_no_more_than_was_asked_on_validation_digits() -> None:
    app = near(open_view("Threshold"), 1.0)
    app.number_input(key="shortcut loss").set_value(20.0)
    app.run()
    app.button(key="shortcut choose").click()
    generous = rerun(app).select_slider(key="shortcut share").value
    app.number_input(key="shortcut loss").set_value(0.0)
    app.run()
    app.button(key="shortcut choose").click()
    assert rerun(app).select_slider(key="shortcut share").value <= generous < 1.0


# Pictures


def test_a_hit_what_is_deeper_and_what_is_skipped_look_different() -> None:
    near_one = Neighbour(np.zeros((28, 28), np.uint8), "<b>", 0.001, near=True)
    rows = [
        StageComparison("conv1", "deeper", []),
        StageComparison("conv2", "hit", [near_one], hit=True),
        StageComparison("last", "never", [], skipped=True),
    ]
    drawn = draw_comparisons(rows)
    assert all(f'class="ns-{kind}"' in drawn for kind in ("deeper", "hit", "skipped", "near"))
    assert "&lt;b&gt;" in drawn


def test_distances_are_written_with_digits_that_count() -> None:
    assert [format_distance(one) for one in (0.0, 0.00012345, 0.0123, 0.4567, 0.000051)] == [
        "0",
        "0.00012",
        "0.012",
        "0.46",
        "0.000051",
    ]


def test_curves_hold_what_they_are_given_and_gaps_stay_gaps() -> None:
    curves = Tradeoff([0.001, 0.01], [0.0, 100.0], [None, 90.0], [99.0, 90.0], 99.0)
    figure = draw_tradeoff(curves, threshold=0.002, where="conv1")
    assert [line.name for line in figure.data] == ["stopped early", "of those, correct", "all digits, correct"]
    assert figure.data[1].y[0] != figure.data[1].y[0] and figure.data[1].y[1] == 90
    assert draw_times([0.001], [1.5], threshold=None, where="conv1").layout.yaxis.range[1] > 1.5


# The second network


def test_s7_both_networks_learn_while_one_watches_and_the_table_and_the_reasons_follow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    small = SecondModelConfig(first=0, second=1, learned=20, tested=20, tested_maps=5, epochs=2)
    monkeypatch.setattr(second_model_views, "SecondModelConfig", lambda first, second: replace(small, second=second))
    app = open_view("Second network")
    app.button(key="second/start").click()
    rerun(app)
    run, end = app.session_state["second/run"], time.monotonic() + 60
    while not run.finished:
        assert time.monotonic() < end
        time.sleep(0.02)
    rerun(app)
    assert not run.problem and len({frame.picture.shape for frame in run.frames}) == 1
    assert "Network 2 never saw a digit and reads digits" in headline(app)
    assert list(app.table[0].value.index) == [second_model_runs.title_of(one) for one in second_model_views.LEARNERS]
    page = html(app)
    assert page.count("ns-maps") == 2 and "ns-means" in page and "map 7" in page


def test_s7_two_equal_digits_are_a_sentence() -> None:
    app = open_view("Second network")
    app.selectbox(key="second The other").set_value(3)
    assert rerun(app).info[0].value == "Choose two different digits."


# What is recorded


def test_s4_the_recorded_study_is_shown_with_what_it_says() -> None:
    try:
        record = load_recorded("similarity")
    except ValueError:
        pytest.skip("the study has not been recorded yet")
    app = open_view("Recorded")
    assert len(app.dataframe[0].value) == 12
    said = [text.value.removeprefix("- ") for text in app.markdown]
    assert set(record["conclusions"]) <= set(said) and record["command"] in captions(app)
    assert "test digits of MNIST" in captions(app)
