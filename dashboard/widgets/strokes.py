"""What happens when a stroke is drawn on a canvas: which fragments run, and what the canvas is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from dashboard.components import live_canvas
from dashboard.server import streamlit_internals
from dashboard.server.session import get_session

CANVAS = 280
CANVASES = ("draw", "erase")  # their keys


@dataclass(frozen=True)
class Live:
    """The keys of the fragments that run for a stroke instead of the page."""

    meanwhile: str
    after: Sequence[str]


def stroke_goes_on() -> bool:
    """Say whether people are in the middle of a stroke; what nobody misses meanwhile can wait for its end."""
    return any(live_canvas.stroke_goes_on(key) for key in CANVASES)


def heard() -> str:
    """Return what tells the canvases, invisibly, that this answers all they have sent."""
    return "".join(map(live_canvas.acknowledgement, CANVASES))


def run_only(live: Live) -> None:
    """Let the page be, but for these fragments; all of it must be there."""
    if not streamlit_internals.is_fragment_run():
        return  # All of it runs, and must to its end: what the last run has sent may not have reached the browser.
    if get_session().page_complete:
        st.rerun(live.meanwhile if stroke_goes_on() else live.after)
    st.rerun()
