"""What surrounds a page and needs the browser: marks in the menu, history, keys, changes read aloud, the first tour."""

from collections.abc import Sequence
from pathlib import Path
from typing import NotRequired, TypedDict

import streamlit as st

EARLY_KEYS = f"<script>{Path(__file__).with_name('early_keys.js').read_text('utf-8')}</script>"
"""Stands at the page's head, and keeps what is typed before the code of `page_frame` is there."""

_js = "".join(Path(__file__).with_name(name).read_text("utf-8") for name in ("page_frame.js", "keys.js"))
_component = st.components.v2.component("negative_space.page_frame", html="<i></i>\n", js=_js)


class TourStep(TypedDict):
    """A step of the tour."""

    at: str
    """CSS selectors of what it points to, separated by commas; the first one that is on the page counts."""
    title: str
    says: str
    under: NotRequired[str]
    """CSS selector of what the card leaves free below that."""
    done: NotRequired[str]
    """CSS selector of what appears when the visitor has done what it says; then the next step follows."""


def page_frame(
    *, section: str, title: str, tour: Sequence[TourStep], tour_asked: int = 0, frozen: bool = False
) -> None:
    """Mark the section and the page in the menu, and show the tour, if this page has one, to a first visitor.

    It reads aloud, to screen readers, the attribute `data-announce` of whatever on the page has one, when it changes.
    `tour_asked` is how often the visitor has asked for the tour: a higher number shows it again. While the page is
    `frozen`, it can be read and scrolled, but its controls react to nothing.
    """
    data = {"section": section, "title": title, "tour": list(tour), "tour_asked": tour_asked, "frozen": frozen}
    _component(key="page-frame", data=data)
