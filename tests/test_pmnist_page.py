"""The page "PMNIST": its views, and its table measured live."""

import json
from itertools import product
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.networks.accuracy_curves import RECORDED, SHARES, recorded_curves
from core.pmnist.masks import GROWTH_DIRECTIONS
from dashboard.pmnist import VIEWS, accuracy_views
from dashboard.server import caches
from dashboard.widgets import progress
from tests.pages import html, open_page, rerun, text_of


@pytest.fixture(autouse=True)
def fresh_caches() -> None:
    st.cache_data.clear()


@pytest.mark.parametrize("view", [view.title for view in VIEWS])
def test_every_view_of_pmnist_opens(view: str) -> None:
    app = open_page("pmnist")
    app.segmented_control(key="pmnist view").set_value(view)
    rerun(app)


def test_m12_the_live_table_is_measured_and_told_apart_from_the_recorded_one() -> None:
    app = open_page("pmnist", view="The table", networks="standard")
    app.select_slider(key="live count").set_value(100)
    recorded = len(app.table)
    app.button(key="measure").click()
    rerun(app)
    assert len(app.table) > recorded
    assert "Recorded on the 10,000 MNIST" in text_of(app)
    live = app.table[recorded].value
    assert float(live.loc["Standard", "whole"]) > 80


def test_every_result_is_a_sentence_first() -> None:
    table = text_of(open_page("pmnist", view="The table"))
    assert table.index("Without the top half (HCUT), Standard reads") < table.index("Recorded on the 10,000 MNIST")
    assert "With half of the picture erased from the left, Standard still reads" in text_of(
        open_page("pmnist", view="How much is missing", hole="from the left")
    )
    assert "are read correctly" in text_of(open_page("pmnist", view="Which digits get confused"))
    assert "what any of these networks reads" in text_of(open_page("pmnist", networks="restoring"))


def test_the_curves_are_shown_at_once_and_a_record_has_every_network_and_share() -> None:
    record = recorded_curves()
    assert set(product(caches.zoo()[0], GROWTH_DIRECTIONS)) <= set(record.curves)
    assert record.shares == SHARES and all(len(curve) == len(SHARES) for curve in record.curves.values())
    assert len(open_page("pmnist", view="How much is missing").get("plotly_chart")) == 1


def test_the_record_of_curves_is_frozen_and_its_own_shares_count(tmp_path: Path) -> None:
    described = json.loads(RECORDED.read_bytes())
    described["missing"] = [0, 5, 10, 15, 20, 50, 60, 70, 80]
    (tmp_path / "other.json").write_text(json.dumps(described))
    record = recorded_curves(tmp_path / "other.json")
    assert record.of(["standard", "nobody's"], "from the top") == {
        "standard": dict(zip(record.shares, described["networks"]["standard"]["from the top"], strict=True))
    }
    assert record.shares[1] == 0.05
    with pytest.raises(TypeError):
        record.curves["standard", "from the top"] = ()  # type: ignore[index]


@pytest.mark.parametrize("change", [{"missing": [0, 10]}, {"missing": None}, {"networks": []}, {"dataset": {}}, None])
def test_a_damaged_record_of_curves_is_one_sentence(change: dict[str, object] | None, tmp_path: Path) -> None:
    content = RECORDED.read_text()
    changed = content[:500] if change is None else json.dumps(json.loads(content) | change)
    (tmp_path / "damaged.json").write_text(changed)
    with pytest.raises(ValueError, match=r"^The recorded curves cannot be read\.$"):
        recorded_curves(tmp_path / "damaged.json")


def test_without_recorded_curves_the_page_says_so_and_measures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accuracy_views, "recorded_curves", lambda: recorded_curves(Path("nowhere")))
    app = open_page("pmnist", view="How much is missing", networks="standard")
    assert "The recorded curves cannot be read." in text_of(app) and "Measured now on the first 100" in text_of(app)


@pytest.mark.mnist
def test_curves_that_are_measured_as_they_were_recorded_stand_below_them() -> None:
    app = open_page("pmnist", view="How much is missing", networks="standard")
    app.button(key="curves").click()
    rerun(app)
    assert "The first 250 test digits of MNIST, measured now." in text_of(app) and len(app.get("plotly_chart")) == 2


def test_a_stopped_measurement_keeps_what_it_has() -> None:
    """A click on Stop ends the run of the page wherever it is, which an exception in a task stands for."""

    def page() -> None:
        import streamlit as st

        from dashboard.widgets.progress import compute_in_parts

        def compute(task: str) -> float:
            if task == "slow":
                st.stop()
            return 1.0

        weights = {"quick": 1.0, "slow": 9.0}
        compute_in_parts(
            ["slow", "quick"],
            compute,
            lambda found: st.text(str(found)),
            key="m",
            start="Go",
            about=1,
            weigh=weights.get,
        )

    app = AppTest.from_function(page).run()
    app.button(key="m").click().run()
    assert app.run().text[0].value == "{'quick': 1.0}" and not app.exception


class Clock:
    """Five seconds pass between two looks."""

    now = 0.0

    def monotonic(self) -> float:
        self.now += 5
        return self.now


def test_a_slow_measurement_shows_each_chart_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def page() -> None:
        import plotly.graph_objects as go
        import streamlit as st

        from dashboard.widgets.progress import compute_in_parts

        def show(found: dict[int, float]) -> None:
            st.plotly_chart(go.Figure(go.Bar(y=list(found.values()))))

        compute_in_parts([1, 2, 3], float, show, key="m", start="Go", about=1)

    monkeypatch.setattr(progress, "time", Clock())
    app = AppTest.from_function(page, default_timeout=60).run()
    for _ in range(2):
        app.button(key="m").click().run()
        assert not app.exception and len(app.get("plotly_chart")) == 1


@pytest.mark.parametrize(
    ("elapsed", "share", "text"), [(0.5, 0.1, ""), (10, 0.5, "About 10 s left."), (60, 0.2, "About 4 min left.")]
)
def test_the_time_left_is_said_in_round_figures(elapsed: float, share: float, text: str) -> None:
    assert progress.describe_time_left(elapsed, share) == text


def test_the_download_shows_its_first_digit_under_every_cut() -> None:
    shown = html(open_page("pmnist", view="Download"))
    assert shown.count("<figure") == 4 and "HCUT · top half erased" in shown


def test_watch_it_disappear_plays_without_a_click() -> None:
    assert open_page("pmnist", view="Watch it disappear").session_state["growth/run"].begun.wait(60)
