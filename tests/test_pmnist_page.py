"""The page "PMNIST": its views, and its table measured live."""

import pytest
import streamlit as st

from tests.pages import open_page, rerun


@pytest.fixture(autouse=True)
def fresh_caches() -> None:
    st.cache_data.clear()


@pytest.mark.parametrize("view", ["The cuts", "The table", "How much is missing", "Who mixes up what", "Download"])
def test_every_view_of_pmnist_opens(view: str) -> None:
    app = open_page("pmnist")
    app.segmented_control(key="pmnist view").set_value(view)
    rerun(app)


def test_m12_the_live_table_is_measured_and_told_apart_from_the_recorded_one() -> None:
    app = open_page("pmnist")
    app.segmented_control(key="pmnist view").set_value("The table")
    app.run()
    app.select_slider(key="live count").set_value(100)
    recorded = len(app.table)
    app.button(key="measure").click()
    rerun(app)
    assert len(app.table) > recorded
    assert any("Recorded" in heading.value for heading in app.markdown)
    live = app.table[recorded].value
    assert float(live.loc["Standard", "whole"]) > 80
