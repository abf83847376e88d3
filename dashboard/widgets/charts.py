"""How Plotly's charts are shown on every page, and which of their cells was clicked."""

from collections.abc import Callable
from typing import Any

import streamlit as st
from plotly.graph_objects import Figure

from dashboard.address import get_address
from dashboard.server import caches

PLAIN = {"displayModeBar": False}  # of Plotly
ZOOMING = ["zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "autoScale2d", "resetScale2d"]
SAVED = {"modeBarButtonsToRemove": ZOOMING, "toImageButtonOptions": {"format": "svg", "filename": "negative-space"}}
TYPE, PROJECTED_TYPE = 14, 20  # pixels


def show_chart(figure: Figure, **more: Any) -> Any:
    """Draw a chart as wide as its place, with buttons to save it as SVG and to fill the screen.

    `more` and what is returned are Streamlit's.
    """
    return _show(_set_type(figure, _find_size()), **more)


def show_drawn_chart(draw: Callable[..., Figure], *given: Any, **named: Any) -> None:
    """Show the chart that `draw` returns of these arguments, as `show_chart` does.

    It is drawn once for all who see the same: Plotly takes longer for a chart than a page for all the rest.
    """
    size = _find_size()
    name = f"{draw.__module__}.{draw.__qualname__}"
    _show(caches.chart(name, size, given, named, lambda: _set_type(draw(*given, **named), size)))


def _show(figure: Figure, **more: Any) -> Any:
    return st.plotly_chart(figure, width="stretch", config=SAVED, **more)


def _find_size() -> int:
    return PROJECTED_TYPE if get_address().projector else TYPE


def _set_type(figure: Figure, size: int) -> Figure:
    """State the size of a chart's type and return the chart: Plotly cuts off what a stylesheet makes larger."""
    figure.update_layout(font_size=size, legend_font_size=size)
    for axes in (figure.update_xaxes, figure.update_yaxes):
        axes(tickfont_size=size, title_font_size=size, automargin=True)
    figure.update_annotations(font_size=size)
    return figure


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
