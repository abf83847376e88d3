"""Two buttons for every figure of a page that has none of its own: save it as PNG, and fill the screen.

Plotly's charts have theirs in their own bar. The buttons are added in the browser, so no page has to ask for them.
"""

from pathlib import Path

import streamlit as st

_css, _js = (Path(__file__).with_name(name).read_text("utf-8") for name in ("figure_tools.css", "figure_tools.js"))
_component = st.components.v2.component(
    "negative_space.figure_tools",
    html="<i></i>\n",
    css=_css,
    js=_js,
    isolate_styles=False,  # the buttons stand beside the figures, outside of the component
)


def figure_tools() -> None:
    """Give the figures of this page their buttons, those too that appear later."""
    _component(key="figure-tools")
