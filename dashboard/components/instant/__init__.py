"""What networks read while a stroke goes on, computed and shown by the browser in every frame.

`instant_answers(networks)` stands once on a page. The page shows `draw_readings` and, beside it, `scene_mark(...)`.
At the end of a stroke the server's answer replaces what the browser has shown.
"""

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard.components import forward

_own = Path(__file__).with_name("instant.js").read_text("utf-8")
_js = "\n".join((_own, forward.SCRIPT, forward.PREPARE, forward.WEIGHTS))
_component = st.components.v2.component("negative_space.instant", html="<i></i>\n", js=_js)


class BrowserPart(TypedDict):
    """Features or head of a network: its layers, and where the browser gets their weights."""

    path: str
    """Relative to a page; parts with one path are computed once."""
    layers: Sequence[dict[str, Any]]


class BrowserNetwork(TypedDict):
    """A network whose readings are on the page."""

    title: str
    parts: Sequence[BrowserPart]
    """Features and head; empty if the browser cannot compute it."""
    whole_only: bool
    """Whether the browser's answer holds for whole digits only: the network fills in what is erased."""


def instant_answers(networks: Sequence[BrowserNetwork]) -> None:
    """Let the browser answer during strokes; `networks` are those whose readings the page shows, in their order.

    Until the weights are there, and wherever the browser cannot, the canvas sends the stroke to the server as before.
    """
    _component(key="instant", data={"networks": networks})


def scene_mark(digit: NDArray[np.float32], mask: NDArray[np.bool_]) -> str:
    """Return invisible HTML with the digit `(28, 28)` and the mask to which strokes of erasing are added."""
    parts = (np.rint(255 * digit).astype(np.uint8), np.packbits(mask))
    return f'<i hidden data-scene="{" ".join(base64.b64encode(part.tobytes()).decode() for part in parts)}"></i>'
