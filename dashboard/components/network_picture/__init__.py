"""A whole network as one picture that computes in the browser: point at any value to see from what it is made.

`network_picture(...)` needs Streamlit, NumPy, the forward pass beside it and the files here. The weights are fetched
once. While the user draws or erases, the picture follows every frame, and the server hears of the stroke's end alone.
"""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.feature_maps.changed_maps import MapChange
from dashboard.components import forward
from dashboard.components.instant import BrowserPart

SCRIPTS = (
    "explain.js",
    "layout.js",
    "paint.js",
    "card.js",
    "controls.js",
    "pointing.js",
    "strokes.js",
    "network_picture.js",
)
_html, _css, *_js = (
    Path(__file__).with_name(name).read_text("utf-8")
    for name in ("network_picture.html", "network_picture.css", *SCRIPTS)
)
_shared = (forward.SCRIPT, forward.PREPARE, forward.CHANGES, forward.COLORS, forward.WEIGHTS)
_all = "\n".join((*_shared, *_js))
_component = st.components.v2.component("negative_space.network_picture", html=_html, css=_css, js=_all)


@dataclass(frozen=True, eq=False)
class Reader:
    """A network's inversion and head."""

    name: str
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
    network: str,
    changes: Sequence[MapChange],
    strength: float,
    on_choose: Callable[[str, str], None],
    texts: Mapping[str, str],
    key: str,
) -> None:
    """Show what the reader named `network` sees in a digit `(28, 28)` under a mask; all readers share its features.

    Masks are True where the digit is kept; to `base_mask` strokes of erasing are added. Changes of maps that the
    network does not have are left out; `strength` is the factor of new ones. `on_choose` is called before the page
    reruns, with the name of the chosen reader and the changes, written as in a link. Until the server has heard of the
    last choice, by its number, the browser shows its own; then it shows `network` and `changes`, whatever `on_choose`
    made of it.
    `texts` are `label` (for screen readers), `hint` (what a pointer does), `keys` and `broken` (no weights).
    """
    data = {
        "digit": base64.b64encode(digit.astype("<f4").tobytes()).decode(),
        "mask": base64.b64encode(np.packbits(mask).tobytes()).decode(),
        "base_mask": base64.b64encode(np.packbits(base_mask).tobytes()).decode(),
        "features": features,
        "readers": [asdict(one) for one in readers],
        "network": network,
        "heard": st.session_state.get(f"{key}/heard", 0),
        "changes": [asdict(one) for one in changes],
        "strength": strength,
        "classes": list(classes),
        "texts": dict(texts),
    }

    def chosen() -> None:
        match (st.session_state.get(key) or {}).get("chosen"):
            case {"number": int(number), "network": str(network), "changed": str(changed)}:
                st.session_state[f"{key}/heard"] = number
                on_choose(network, changed)

    _component(key=key, data=data, on_chosen_change=chosen)
