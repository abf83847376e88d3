"""Strokes on a canvas: the fragments that they rerun, and the acknowledgement that the canvas waits for."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from dashboard.address.links import CANVASES, stroke_goes_on
from dashboard.components import live_canvas
from dashboard.server.session import get_session
from dashboard.server.streamlit_internals import script_runs
from dashboard.widgets.current_digit import CURRENT_DIGIT

CANVAS = 280  # pixels of the screen


@dataclass(frozen=True)
class StrokeFragments:
    """The keys of the fragments that a stroke reruns instead of the page, the one that is waited for first.

    Each part of a page that is sent after a stroke costs processor time: keep what no stroke changes out of them.
    """

    meanwhile: str
    """Runs during a stroke."""
    after: Sequence[str]
    """Run at its end."""
    with_first_digit: Sequence[str] = ()
    """Run then, too, if the page showed no digit before."""


def acknowledgements() -> str:
    """Return invisible HTML that acknowledges everything that the canvases have sent."""
    return "".join(map(live_canvas.acknowledgement, CANVASES))


def show_acknowledgements() -> None:
    """Acknowledge everything that the canvases have sent, last on a page, so that they may send again."""
    st.html(acknowledgements())


def answer_stroke(fragments: StrokeFragments) -> None:
    """Let these fragments run when the canvas of the fragment that runs now sends anything; see `rerun_fragments`."""
    script_runs.answer_by_fragments(*fragments.after, CURRENT_DIGIT)


def rerun_fragments(fragments: StrokeFragments) -> None:
    """Rerun these fragments instead of the page, or the page if it is not complete yet: called by the canvas."""
    if not script_runs.is_fragment_run():
        return  # The whole page runs already, and must finish: its last messages may not have reached the browser.
    session = get_session()
    if not session.page_complete:
        st.rerun()
    first = () if session.digit_shown else fragments.with_first_digit
    wanted = [fragments.meanwhile] if stroke_goes_on() else [*fragments.after, *first, CURRENT_DIGIT]
    if not script_runs.runs_fragments(*wanted):
        st.rerun(wanted)
