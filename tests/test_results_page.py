"""The page of results: every recorded study in every view, and the picture of differences behind it."""

from pathlib import Path
from typing import Any

import pytest
from plotly.graph_objects import Figure
from streamlit.testing.v1 import AppTest

from core.digits import datasets
from core.jobs import control, run_folders
from core.pmnist.masks import CUT_NAMES
from core.studies.arms import ARMS
from core.studies.claim_answer import answer_claim
from core.studies.paired_differences import has_learned
from core.studies.recorded import load_recorded
from core.visualization.studies import Interval, draw_intervals
from dashboard.results import story_views
from dashboard.results.story_views import conclude
from dashboard.results.views import TWO_LINES
from dashboard.server import caches
from tests.pages import captions, first_sentence, open_page, press, rerun, text_of

VIEWS = (
    "Summary",
    "Variants",
    "Other activations",
    "All accuracies",
    "Compared with the talk",
    "Source by source",
    "Conclusions",
)
COLORS = {"HCUT": "#D55E00", "VCUT": "#009E73"}


@pytest.fixture
def page() -> AppTest:
    return checked(open_page("results"))


def checked(app: AppTest) -> AppTest:
    assert not app.error and not app.warning
    return app


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("digits", ["MNIST", "Offline digits"])
def test_every_view_opens_for_every_study_network_and_variant(page: AppTest, view: str, digits: str) -> None:
    page.segmented_control(key="results view").set_value(view)
    page.segmented_control(key="results data").set_value(digits)
    for network, variant in (("of the talk", "as its code does"), ("of the published code", "as the talk says")):
        page.segmented_control(key="results network").set_value(network)
        page.segmented_control(key="results variant").set_value(variant)
        checked(rerun(page))
        assert "python -m core study missing-features" in page.code[0].value


def test_charts_are_drawn_once_for_all_who_see_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def draw_counted(*given: Any, **named: Any) -> Figure:
        drawn.append(named)
        return draw_intervals(*given, **named)

    drawn: list[Any] = []
    monkeypatch.setattr(story_views, "draw_intervals", draw_counted)
    caches.chart.clear()
    first, second = (open_page("results") for _ in range(2))
    assert len(drawn) == 2  # the claim and the verdict
    charts = [[chart.proto.spec for chart in app.get("plotly_chart")] for app in (first, second)]
    assert len(charts[0]) == 3 and charts[0] == charts[1]
    assert '"size":14' in charts[0][0].replace(" ", "")
    open_page("results", projector="1")
    assert len(drawn) == 4  # with larger type


def test_m12_the_page_says_first_what_became_of_the_claim(page: AppTest) -> None:
    shown = " ".join(text.value for text in page.markdown)
    assert all(heading in shown for heading in ("1 · The claim", "2 · The fair test", "3 · The verdict"))
    assert "The talk: a network that reads what is **missing** (1 − x) gains 4 to 9 points" in shown
    assert f"{CUT_NAMES['DCUT']} erased, +1.9 points (+0.4 to +3.4)" in shown
    assert first_sentence(page).startswith(
        "It helps only a little: by up to 1.9 points, on 2 of the 4 cuts. The talk claims +4.5"
    )
    assert "We cannot confirm it: the talk's gain (×) is outside our interval on each cut." in shown
    said = load_recorded()["conclusions"]["published"][0]
    page.segmented_control(key="results view").set_value("Variants")
    assert said in [text.value.strip("*") for text in rerun(page).markdown]


def test_a_claim_that_is_not_refuted_is_not_called_so() -> None:
    wide = {"mean": 1.0, "low": -6.0, "high": 9.0, "verdict": "open"}
    said = conclude({"HCUT": wide, "VCUT": {**wide, "high": 2.0}}, {"HCUT": 4.5, "VCUT": 9.1})
    assert "no clear difference" in said and "outside our interval on 1 of 2 cuts" in said


def test_the_answer_comes_first_and_follows_the_figures() -> None:
    clear = {"mean": 2.0, "low": 1.0, "high": 3.0, "verdict": "higher"}
    loss = {"mean": -2.0, "low": -3.0, "high": -1.0, "verdict": "lower"}
    unclear, claimed = {"mean": 1.0, "low": -6.0, "high": 9.0, "verdict": "open"}, {"HCUT": 4.5, "VCUT": 9.1}
    talk = " The talk claims +4.5 to +9.1 points."
    for found, said in (
        ((clear, clear), "It helps only a little: by up to 2.0 points, on 2 of the 2 cuts."),
        ((clear, loss), "It helps only a little: by up to 2.0 points, on 1 of the 2 cuts, and a clear loss on 1."),
        (({**clear, "mean": 5.0, "high": 6.0}, unclear), "It helps: by up to 5.0 points, on 1 of the 2 cuts."),
        ((loss, loss), "It does not help: no clear gain on any of the 2 cuts, and a clear loss on 2."),
        ((unclear, unclear), "We cannot tell: no clear gain on any of the 2 cuts."),
    ):
        assert answer_claim(dict(zip(claimed, found, strict=True)), claimed) == said + talk


def test_the_end_of_an_interval_that_leaves_the_picture_is_written_at_its_edge() -> None:
    figure = draw_intervals([Interval("a", "HCUT", -8.0, -31.0, 9.0)], COLORS, claim="claimed", x_title="points")
    assert "◂ −31" in [note.text for note in figure.layout.annotations]


def test_the_axis_reaches_beyond_the_largest_claim_and_its_zero_has_no_sign() -> None:
    one = Interval("a", "HCUT", 1.0, 0.0, 2.0, 9.2)
    axis = draw_intervals([one], COLORS, claim="the talk", x_title="points").layout.xaxis
    assert axis.ticktext == ("−10", "−5", "0", "+5", "+10") and tuple(axis.range) == (-10, 10)


def test_the_study_says_how_many_seeds_the_shown_network_has(page: AppTest) -> None:
    assert "8 seeds of every method" in " ".join(caption.value for caption in checked(page).caption)


def test_m16_the_table_shows_every_recorded_arm_with_its_seeds_and_each_track_apart(page: AppTest) -> None:
    page.segmented_control(key="results view").set_value("All accuracies")
    shown = [
        dict(zip(frame.value["method"], frame.value["seeds"], strict=True)) for frame in checked(rerun(page)).dataframe
    ]
    rows = [row for row in load_recorded()["rows"] if row["network"] == "published"]
    assert {frame.proto.row_height for frame in page.dataframe} == {TWO_LINES}  # no name is cut off
    tracks = dict.fromkeys(row["track"] for row in rows)
    assert shown == [{row["title"]: row["seeds"] for row in rows if row["track"] == track} for track in tracks]


def test_m16_variants_show_the_second_paper_s_synergies_with_their_own_seeds_and_command(page: AppTest) -> None:
    page.segmented_control(key="results view").set_value("Variants")
    shown = text_of(checked(rerun(page)))
    assert "The second paper's kinds of synergy" in shown and "two ordinary heads trained alike" in shown
    assert any("--arms synergy-retrained" in code.value for code in page.code) and len(page.get("plotly_chart")) == 2
    page.segmented_control(key="results network").set_value("of the talk")
    assert "The second paper's kinds of synergy" not in text_of(rerun(page))  # not recorded


def test_what_is_not_recorded_costs_a_sentence(page: AppTest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from dashboard.server import caches

    monkeypatch.setattr(caches, "load_recorded", lambda name, data: load_recorded(name, data, tmp_path))
    caches.recorded_study.clear()
    try:
        assert page.run().info[0].value == "No study 'missing-features' is recorded on MNIST."
        assert not page.exception
    finally:
        caches.recorded_study.clear()


def test_arms_that_never_learned_are_named_and_not_drawn(page: AppTest) -> None:
    rows = load_recorded()["rows"]
    lost = [
        row["title"]
        for row in rows
        if (row["network"], row["cut"]) == ("published", "whole")
        and not has_learned(row["values"])
        and ARMS[row["arm"]].control
        and ARMS[row["arm"]].activation is None
    ]
    page.segmented_control(key="results view").set_value("Variants")
    captions = " ".join(caption.value for caption in rerun(page).caption)
    assert all(title in captions for title in lost) and ("Left out" in captions) == bool(lost)


# Source by source


def test_t5_each_source_s_figures_stand_beside_ours_with_the_reason_for_a_gap(page: AppTest) -> None:
    page.segmented_control(key="results view").set_value("Source by source")
    talk, lecture, snakes = (table.value for table in checked(rerun(page)).table)
    assert list(talk["the talk"]) == ["98.5", "67.0", "70.2", "61.3", "40.9"] and "± " in talk.iloc[0, 1]
    assert list(lecture["W4995"]) == ["98.43 %", "0.0890"]
    assert list(lecture["ours (3 seeds)"]) == ["98.71 ± 0.12 %", "0.0446 ± 0.0068"]
    assert list(snakes["W4995"]) == ["82 %", "100 %"] and snakes.shape == (2, 2)
    assert list(snakes["ours (3 seeds, other photographs)"]) == ["91 ± 4 %", "99 ± 1 %"]
    assert captions(page).count("differ") >= 2 and "another task, and an easier one" in captions(page)
    assert first_sentence(page).startswith(
        "The lecture's small network reads 98.43 % of the test digits; ours reads 98."
    )


@pytest.mark.mnist
def test_t5_one_button_trains_the_lecture_s_network_again(page: AppTest, runs: Path) -> None:
    page.segmented_control(key="results view").set_value("Source by source")
    press(rerun(page), "repeat lecture")
    (job,) = run_folders.list_jobs()
    control.stop(job.id)
    config = job.settings["config"]
    assert (config["optimizer"], config["batch"], config["epochs"]) == ("adam", 128, 20)
    assert job.settings["dataset"] == "MNIST" and job.settings["validation"] == 0.1
    assert "yours" not in page.table[1].value  # it has not ended
    assert "Watch it learn" in [link.proto.label for link in page.get("page_link")]


# The picture


def test_a_dot_is_full_only_where_zero_lies_outside() -> None:
    told, still_open = Interval("a", "HCUT", 2.0, 1.0, 3.0), Interval("b", "HCUT", 0.5, -1.0, 2.0)
    single = Interval("c", "HCUT", 4.0, None, None)
    drawn = draw_intervals([told, still_open, single], COLORS, claim="claimed", x_title="points").data[0]
    assert list(drawn.marker.symbol) == ["circle", "circle-open", "circle-open"]
    assert list(drawn.error_x.array) == [1.0, 1.5, 0] and list(drawn.error_x.arrayminus) == [1.0, 1.5, 0]
    assert "one seed" in drawn.text[2] and "+1.0 to +3.0" in drawn.text[0]


def test_the_line_at_zero_does_not_cross_the_headings_of_rows():
    intervals = [Interval(row, "HCUT", 1.0, None, None) for row in ("HCUT: top half", "DCUT: two opposite quarters")]
    figure = draw_intervals(intervals, COLORS, claim="claimed", x_title="points")
    lines, headings = figure.layout.shapes, figure.layout.annotations
    assert len(lines) == len(headings) == 2
    assert not any(line.y1 <= heading.y <= line.y0 for line in lines for heading in headings)


def test_every_interval_has_a_place_of_its_own_below_its_heading() -> None:
    intervals = [Interval(row, cut, 0.0, -1.0, 1.0) for row in "abc" for cut in COLORS]
    figure = draw_intervals(intervals, COLORS, claim="claimed", x_title="points")
    places = [y for trace in figure.data for y in trace.y]
    headings = [note.y for note in figure.layout.annotations]
    assert len(set(places)) == len(intervals) and len(headings) == 3
    assert sorted([*places, *headings], reverse=True)[::3] == headings
    low, high = figure.layout.yaxis.range
    assert all(low < y < high for y in [*places, *headings])


def test_a_claim_is_drawn_beside_the_interval_it_is_about() -> None:
    figure = draw_intervals([Interval("a", "HCUT", 1.0, 0.0, 2.0, 4.45)], COLORS, claim="the talk", x_title="points")
    claim = next(trace for trace in figure.data if trace.name == "the talk")
    assert (list(claim.x), list(claim.y)) == ([4.45], list(figure.data[0].y))


def test_the_offline_study_is_labelled_as_such(page: AppTest) -> None:
    page.segmented_control(key="results data").set_value("Offline digits")
    captions = " ".join(caption.value for caption in checked(rerun(page)).caption)
    assert f"400 test digits of {datasets.OFFLINE}" in captions
