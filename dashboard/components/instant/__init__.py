"""What networks see while a stroke goes on or maps are switched, computed and shown by the browser in the same frame.

`instant_answers(networks)` stands once on a page, after what it changes: the page shows `draw_readings`, and beside it
`scene_mark(...)`; it may have a board whose maps follow. At the end of a stroke and after a click the server's
answer replaces what the browser has shown.
"""

import base64
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard.components import forward

_css, *_own = (
    Path(__file__).with_name(name).read_text("utf-8") for name in ("instant.css", "instant.js", "switching.js")
)
_html = '<p hidden role="progressbar" aria-label="Networks in your browser"></p>\n'
_js = "\n".join((*_own, forward.SCRIPT, forward.PREPARE, forward.CHANGES, forward.WEIGHTS))
_component = st.components.v2.component("negative_space.instant", html=_html, css=_css, js=_js)
KEY = "instant"


class BrowserPart(TypedDict):
    """Features or head of a network: its layers, and where the browser gets their weights."""

    path: str
    """Relative to a page; parts with one path are computed once."""
    bytes: int
    """The length of what is there: anything else is no weights."""
    layers: Sequence[dict[str, Any]]


class BrowserNetwork(TypedDict):
    """A network whose readings are on the page."""

    title: str
    parts: Sequence[BrowserPart]
    """Features and head; empty if the browser cannot compute it."""
    whole_only: bool
    """Whether the browser's answer holds for whole digits only: the network fills in what is erased."""


class Switching(TypedDict):
    """What a click on a tile of the page's board does to the maps of the first network; all share its features."""

    changes: Sequence[dict[str, Any]]
    """Those that hold now, with the fields of `core.feature_maps.changed_maps.MapChange`."""
    change: str
    """What a click makes of a map."""
    every: bool
    """Whether it changes all maps of the stage."""
    strength: float
    """The factor of scaled maps."""
    slider: str
    """A CSS selector of the slider for that factor, in percent; it need not be there."""


def instant_answers(
    networks: Sequence[BrowserNetwork],
    *,
    pixels: NDArray[np.float32] | None = None,
    only_maps: bool = False,
    switching: Switching | None = None,
    on_switch: Callable[[str], None] | None = None,
) -> None:
    """Let the browser answer during strokes; `networks` are those whose readings the page shows, in their order.

    `pixels` `(28, 28)` are those that the page is about: what it says of them fades while others are shown. With
    `only_maps` the page shows no readings. With `switching` a click changes maps, and `on_switch` is called with all
    changes as links write them, before the page reruns. It is what a browser sends, so it may be anything.

    Until the weights are there, which it shows in percent, and wherever the browser cannot, the server answers.
    """
    data = {
        "networks": networks,
        "pixels": None if pixels is None else base64.b64encode(pixels.astype("<f4").tobytes()).decode(),
        "only_maps": only_maps,
        "switching": switching and {**switching, "heard": _read_switched()[0]},
    }

    def switched() -> None:
        changed = _read_switched()[1]
        if changed is not None and on_switch is not None:
            on_switch(changed)

    _component(key=KEY, data=data, on_switched_change=switched)


def _read_switched() -> tuple[int, str | None]:
    """Return the number of the browser's last message and the changes in it; 0 and None if there is none."""
    match (st.session_state.get(KEY) or {}).get("switched"):
        case {"number": int(number), "changed": str(changed)}:
            return number, changed
    return 0, None


def scene_mark(digit: NDArray[np.float32], mask: NDArray[np.bool_], base_mask: NDArray[np.bool_]) -> str:
    """Return invisible HTML with the digit, its mask, and the one to which strokes of erasing are added, `(28, 28)`."""
    parts = (np.rint(255 * digit).astype(np.uint8), np.packbits(mask), np.packbits(base_mask))
    return f'<i hidden data-scene="{" ".join(base64.b64encode(part.tobytes()).decode() for part in parts)}"></i>'
