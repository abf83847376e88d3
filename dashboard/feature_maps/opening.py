"""The maps that the view "Switch off" opens with: they stay off while the same digit is drawn on or erased."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import streamlit as st

from dashboard import address
from dashboard.server.scene import Digit, Scene
from dashboard.widgets.map_changes import CHANGED, Changes

OPENED = "maps opened"  # key of the maps that the page has chosen last


class About(NamedTuple):
    """For what maps are chosen: for another of these, the page chooses again."""

    network: str
    data: str
    source: int | bytes | None


@dataclass(frozen=True, eq=False)
class _Opened:
    about: About
    pixels: Digit
    """As they were seen last."""
    changes: Changes


def source_of(scene: Scene) -> int | bytes | None:
    """Return the number of a sample or the pixels of an upload; None for a drawing, whose every stroke is another."""
    return scene.drawn.tobytes() if scene.uploaded and scene.drawn is not None else scene.sample


def remember(about: About, pixels: Digit, changes: Changes) -> None:
    """Remember which maps the page has switched off; a link that is opened forgets it, as it does the changes."""
    st.session_state[OPENED] = _Opened(about, pixels, changes)
    held = address.get_address()
    held.keys[held.page].add(OPENED)


def keep(about: About | None, pixels: Digit | None) -> None:
    """Hold the maps that the page has chosen when its digit was drawn on or erased; for another one let it choose."""
    opened: _Opened | None = st.session_state.get(OPENED)
    if opened is None:
        return
    held = st.session_state.get(CHANGED)
    if about is None or pixels is None or about != opened.about:
        del st.session_state[OPENED]
        if held == opened.changes:
            address.change(CHANGED, None)
        return
    if held is None and not np.array_equal(opened.pixels, pixels):
        address.change(CHANGED, opened.changes)
    st.session_state[OPENED] = replace(opened, pixels=pixels)
