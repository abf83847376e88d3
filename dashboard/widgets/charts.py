"""How Plotly's charts are shown on every page, and which of their cells was clicked."""

from typing import Any

import streamlit as st
from plotly.graph_objects import Figure

from dashboard.address import get_address

PLAIN = {"displayModeBar": False}  # of Plotly
ZOOMING = ["zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "autoScale2d", "resetScale2d"]
SAVED = {"modeBarButtonsToRemove": ZOOMING, "toImageButtonOptions": {"format": "svg", "filename": "negative-space"}}
TYPE, PROJECTED_TYPE = 14, 20  # pixels


def show_chart(figure: Figure, **more: Any) -> Any:
    """Draw a chart as wide as its place, with buttons to save it as SVG and to fill the screen.

    `more` and what is returned are Streamlit's. The figure states the size of its type: Plotly cuts off what a
    stylesheet makes larger than Plotly has measured.
    """
    size = PROJECTED_TYPE if get_address().projector else TYPE
    figure.update_layout(font_size=size, legend_font_size=size)
    for axes in (figure.update_xaxes, figure.update_yaxes):
        axes(tickfont_size=size, title_font_size=size, automargin=True)
    figure.update_annotations(font_size=size)
    return st.plotly_chart(figure, width="stretch", config=SAVED, **more)


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
