"""Clicks on a confusion matrix in the browser: a cell is chosen wherever it is clicked, and an empty one never."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser import complaints_of, serve_text, settle

pytestmark = pytest.mark.browser
APP = """
import numpy as np
import streamlit as st
from core.visualization.figures import draw_confusion
from dashboard.widgets.tables import choose_cell

classes = [chr(97 + number) for number in range(int(st.query_params["classes"]))]
counts = 90 * np.eye(len(classes), dtype=np.int64)
st.text(f"chosen: {choose_cell(draw_confusion(counts, classes, '#3b82c4'), counts, 'matrix')}")
"""
PLACE = """(chart, [row, column]) => {
    const {xaxis, yaxis} = chart._fullLayout, corner = chart.getBoundingClientRect();
    return [corner.left + xaxis._offset + xaxis.l2p(column), corner.top + yaxis._offset + yaxis.l2p(row)];
}"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serve_text(APP) as address:
        yield address


def click(page: Page, row: float, column: float) -> str:
    """Click in a cell, whose edges are 0.5 from its row and column; return what the chart says below the mouse."""
    across, down = page.locator(".js-plotly-plot").evaluate(PLACE, [row, column])
    page.mouse.move(across - 2, down)
    page.mouse.move(across, down)
    page.wait_for_timeout(100)  # Plotly looks at the mouse at most every 50 ms
    said = page.locator(".hoverlayer").text_content() or ""
    page.mouse.click(across, down)
    page.wait_for_timeout(400)  # a second click any sooner would be a double click
    settle(page)
    return said


@pytest.mark.slow
@pytest.mark.parametrize("classes", [3, 10, 26])
def test_a_cell_is_chosen_by_a_click_anywhere_in_it_and_an_empty_one_is_not(
    address: str, page: Page, classes: int
) -> None:
    page.goto(f"{address}?classes={classes}")
    page.locator(".js-plotly-plot .scatterlayer").wait_for(state="attached", timeout=60_000)
    settle(page)
    chosen = page.get_by_text("chosen: ")
    assert click(page, 1.4, 0.6) == "a b, read as b: 90"
    expect(chosen).to_have_text("chosen: [1, 1]")
    assert click(page, 2, 1) == click(page, 1.6, 1) == ""
    expect(chosen).to_have_text("chosen: None")
    click(page, 0.4, 0.4)
    expect(chosen).to_have_text("chosen: [0, 0]")
    assert not complaints_of(page)
