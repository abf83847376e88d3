"""The digit that one works with, small in the bar at the top of the screen."""

from html import escape

import streamlit as st

from core.visualization import arrays
from dashboard.server import caches
from dashboard.server.scene import Digit
from dashboard.server.session import get_session
from dashboard.widgets.data_set import sample

CURRENT_DIGIT = "current digit"  # the key of its fragment


def find_digit() -> tuple[Digit, str] | None:
    """Return the digit that one works with, whole, and its source; None before there is one."""
    scene = get_session().scene
    if scene.drawn is not None:
        return scene.drawn, "uploaded" if scene.uploaded else "drawn"
    data = caches.current_dataset()[0]
    if scene.sample is not None and scene.sample < len(data.test):
        return sample(data, scene.sample), f"{data.title} {scene.sample}"
    return None


def show_current_digit() -> None:
    """Show the digit as it is now, with its source, where every page has it."""
    found, scene = find_digit(), get_session().scene
    if found is None:
        return
    digit, source = found
    erased = "" if scene.mask.all() else ", part erased"
    picture = arrays.to_data_url(arrays.mark_erased(digit, scene.mask, 2))
    st.html(
        f'<div class="ns-digit"><img src="{picture}" alt="Your digit, {escape(source)}{erased}">'
        f"<span>{escape(source)}</span></div>"
    )
