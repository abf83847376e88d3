"""What no page offers, sent over the real websocket, leaves every page without a fault."""

from pathlib import Path

import plotly.graph_objects as go
import pytest

import dashboard
from dashboard.components.live_canvas import CanvasOptions, _read
from dashboard.widgets.charts import read_clicked_cell
from tests.browser import serve
from tests.forger import JSONS, Forger
from tests.visitor import run

PAGES = tuple(dashboard.PAGES)
DETAILS = {"STREAMLIT_CLIENT_SHOW_ERROR_DETAILS": "full"}  # so that a fault says what it is
MESSAGES, MANY = 1_040, 10_000  # in all


def forge(address: str, page: str, messages: int, seed: int) -> list[str]:
    """Send forged messages on one page; return the exceptions that it showed."""

    async def visit() -> list[str]:
        stranger = Forger(address, seed)
        await stranger.open(f"/{page}?sample=3")
        await stranger.forge(messages)
        await stranger.close()
        return stranger.shown

    return run(visit())


@pytest.mark.slow
def test_a_thousand_forged_messages_leave_every_page_without_a_fault(tmp_path: Path) -> None:
    with serve(NEGATIVE_SPACE_RUNS=str(tmp_path), **DETAILS) as address:
        faults = {page: set(forge(address, page, MESSAGES // len(PAGES), seed)) for seed, page in enumerate(PAGES)}
    assert {page: found for page, found in faults.items() if found} == {}


@pytest.mark.slow
def test_a_whole_number_that_the_browser_sends_stays(tmp_path: Path) -> None:
    """Streamlit registers such a field as one for doubles, and its browser code sends integers."""

    async def learn_for_three_epochs(address: str) -> str:
        visitor = Forger(address, seed=0)
        await visitor.open("/train")
        await visitor.send_number("epochs", 3)
        await visitor.close()
        return " ".join(visitor.texts)

    with serve(NEGATIVE_SPACE_RUNS=str(tmp_path)) as address:
        assert "**3 epochs**" in run(learn_for_three_epochs(address))


@pytest.mark.slow
def test_ten_thousand_forged_messages_leave_every_page_without_a_fault(tmp_path: Path) -> None:
    with serve(NEGATIVE_SPACE_RUNS=str(tmp_path), **DETAILS) as address:
        for seed, page in enumerate(PAGES * 5, 100):
            assert forge(address, page, MANY // len(PAGES) // 5, seed) == [], (page, seed)


@pytest.mark.parametrize("value", JSONS)
def test_what_is_no_message_of_a_canvas_is_none(value: object) -> None:
    options = CanvasOptions(mode="draw", label="", clear="")
    sent = _read(value.get("sent") if isinstance(value, dict) else value, options)
    assert sent is None or sent.content is None


@pytest.mark.parametrize("name", ["number", "cleared", "undone"])
@pytest.mark.parametrize("count", [-1, 1e300, 1e400, "x", None])
def test_a_canvas_message_that_no_browser_reaches_is_none(name: str, count: object) -> None:
    message: dict[str, object] = {"board": "", "number": 1, "going": False, "cleared": 0, "undone": 0, "content": ""}
    options = CanvasOptions(mode="draw", label="", clear="")
    assert _read(message, options) is not None
    assert _read({**message, name: count}, options) is None


@pytest.mark.parametrize("value", JSONS)
def test_what_is_no_cell_of_a_chart_is_none(value: object) -> None:
    figure = go.Figure(go.Scatter(x=[0], y=[0], customdata=[[0, 1]]))
    assert read_clicked_cell(value, figure) is None
    assert read_clicked_cell({"selection": {"points": [{"customdata": [0, 1]}]}}, figure) == [0, 1]
