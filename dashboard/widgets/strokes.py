"""What happens when a stroke is drawn on a canvas: which fragments run, and what the canvas is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from dashboard.address.links import CANVASES, stroke_goes_on
from dashboard.components import live_canvas
from dashboard.server import streamlit_internals
from dashboard.server.session import get_session

CANVAS = 280  # pixels of the screen


@dataclass(frozen=True)
class Live:
    """The keys of the fragments that run for a stroke instead of the page."""

    meanwhile: str
    after: Sequence[str]


def heard() -> str:
    """Return invisible HTML that tells the canvases that all they have sent is answered."""
    return "".join(map(live_canvas.acknowledgement, CANVASES))


def show_heard(*scene: Any) -> None:
    """Tell the canvases, last on a page, that all they have sent is answered: now they may send again."""
    st.html(heard())


def run_only(live: Live) -> None:
    """Rerun these fragments instead of the page, which must be there completely."""
    if not streamlit_internals.is_fragment_run():
        return  # All of it runs, and must to its end: what the last run has sent may not have reached the browser.
    if get_session().page_complete:
        st.rerun(live.meanwhile if stroke_goes_on() else live.after)
    st.rerun()
