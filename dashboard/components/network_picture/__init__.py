"""A whole network as one picture that computes in the browser: point at any value to see from what it is made.

`network_picture(...)` needs Streamlit, NumPy, the forward pass beside it and the files here. The weights are fetched
once. While the user draws or erases, the picture follows every frame, and the server hears of the stroke's end alone.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard.components import forward
from dashboard.components.instant import BrowserPart

SCRIPTS = ("explain.js", "layout.js", "paint.js", "card.js", "pointing.js", "strokes.js", "network_picture.js")
_html, _css, *_js = (
    Path(__file__).with_name(name).read_text("utf-8")
    for name in ("network_picture.html", "network_picture.css", *SCRIPTS)
)
_all = "\n".join((forward.SCRIPT, forward.PREPARE, forward.COLORS, forward.WEIGHTS, *_js))
_component = st.components.v2.component("negative_space.network_picture", html=_html, css=_css, js=_all)


@dataclass(frozen=True, eq=False)
class Reader:
    """A network's inversion and head."""

    title: str
    head: BrowserPart


def network_picture(
    digit: NDArray[np.float32],
    mask: NDArray[np.bool_],
    base_mask: NDArray[np.bool_],
    features: BrowserPart,
    readers: Sequence[Reader],
    classes: Sequence[str],
    *,
    texts: Mapping[str, str],
    key: str,
) -> None:
    """Show what the network of the first reader sees in a digit `(28, 28)` under a mask; all share its features.

    To `base_mask` strokes of erasing are added; it is what is kept of another drawing.
    `texts` are `label` (for screen readers), `hint` (which keys there are) and `broken` (no weights).
    """
    data = {
        "digit": base64.b64encode(digit.astype("<f4").tobytes()).decode(),
        "mask": base64.b64encode(mask.astype(np.uint8).tobytes()).decode(),
        "base_mask": base64.b64encode(base_mask.astype(np.uint8).tobytes()).decode(),
        "features": features,
        "readers": [{"title": reader.title, "head": reader.head} for reader in readers],
        "classes": list(classes),
        "texts": dict(texts),
    }
    _component(key=key, data=data)
