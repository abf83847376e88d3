"""How Plotly's charts are shown on every page, and which of their cells was clicked."""

from typing import Any

from plotly.graph_objects import Figure

PLAIN = {"displayModeBar": False}  # of Plotly


def read_clicked_cell(selected: Any, figure: Figure) -> list[int] | None:
    """Return the numbers of the clicked cell; None before a click, or for what is no cell: a browser may send it."""
    try:
        cell = selected["selection"]["points"][0]["customdata"]
    except (TypeError, KeyError, IndexError):
        return None
    cells = (
        list(known) for trace in figure.data for known in (trace.customdata if trace.customdata is not None else ())
    )
    return next((known for known in cells if known == cell), None)
