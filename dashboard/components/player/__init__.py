"""A player in the browser for frames of a picture, the points of curves and a line of text.

This side packs frames into bytes, and sends the browser those that it does not have yet.
"""

import json
import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.visualization.labels import Label

FOLDER = Path(__file__).parent
_html, _css, _player, _chart = (
    (FOLDER / name).read_text("utf-8") for name in ("player.html", "player.css", "player.js", "chart.js")
)
END = b"\x03\x00"  # an empty last block, which ends a deflated stream
_component = st.components.v2.component("negative_space.player", html=_html, css=_css, js=_player + "\n" + _chart)


class Frame:
    """One step of a run. All frames of a run have pictures of one size; the player enlarges them.

    `picture` is uint8, grey `(H, W)` or colour `(H, W, 3)`; `values` are the newest points of the curves by name, a gap
    where one is not finite. `at` is the place of the frame on the axis that the look names; None: the frame's number.
    `labels` are written over the picture. Raises ValueError for another picture.
    """

    def __init__(
        self,
        picture: NDArray[np.uint8],
        values: Mapping[str, float],
        text: str,
        *,
        at: float | None = None,
        labels: Sequence[Label] = (),
    ) -> None:
        shape = picture.shape
        if picture.dtype != np.uint8 or len(shape) not in (2, 3) or shape[2:] not in ((), (3,)):
            raise ValueError(f"A frame is grey (H, W) or colour (H, W, 3) in uint8, not {shape} {picture.dtype}.")
        self.shape, self.values, self.text, self.at, self.labels = shape, values, text, at, labels
        self.deflated = _deflate(picture.tobytes())  # packed once, often to a twentieth

    @property
    def size(self) -> int:
        """The bytes of the picture in the browser."""
        return math.prod(self.shape)

    @property
    def picture(self) -> NDArray[np.uint8]:
        """The picture, unpacked at each call."""
        pixels = zlib.decompress(self.deflated + END, -zlib.MAX_WBITS)
        return np.frombuffer(pixels, np.uint8).reshape(self.shape)


def _deflate(content: bytes) -> bytes:
    """Return a part of a deflated stream; parts in a row and END make a whole one."""
    stream = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    return stream.compress(content) + stream.flush(zlib.Z_FULL_FLUSH)


@dataclass(frozen=True)
class Look:
    """How a player shows a run."""

    label: str
    """What the pictures show, for screen readers; it is also the title of the curves."""
    colors: Mapping[str, str] = field(default_factory=dict)
    """The colour `#rrggbb` of each curve by name."""
    unit: str = ""
    limits: tuple[float, float] | None = None
    """The ends of the curves' axis; None: the lowest and highest value."""
    axis: str = "frame"
    """What goes on from frame to frame, with its unit: "epoch", "% erased"."""
    speed: float = 1.0
    """The first speed, times 30 frames a second: 0.25, 0.5, 1, 2 or 4."""


@dataclass
class _Sent:
    """How many frames of which run the browser has."""

    run: str = ""
    count: int = 0


def player(
    frames: Sequence[Frame], *, key: str, run: str, look: Look, finished: bool, total: int | None = None
) -> None:
    """Draw a player with the frames of one run so far. A later call with more frames sends only the new ones.

    Another `run` replaces them. `total` is the final number of frames, if it is known. When the browser has lost frames
    (by a visit to another page, say) it requests them, which reruns the fragment that contains the player.
    """
    sent: _Sent = st.session_state.setdefault(f"{key}/sent", _Sent())
    if sent.run != run:
        sent.run, sent.count = run, 0
    count = len(frames)  # a worker thread may add more meanwhile
    message = to_message(
        frames[sent.count : count],
        start=sent.count,
        run=run,
        look=look,
        finished=finished,
        total=count if finished else max(count, total or 0),
    )
    sent.count = count

    def send_again() -> None:
        """Send all frames after those that the browser says it has."""
        missing = (st.session_state.get(key) or {}).get("missing")
        if type(missing) is int and missing >= 0:  # a browser may send anything
            sent.count = min(sent.count, missing)

    _component(key=key, data=message, on_missing_change=send_again)


def to_message(frames: Sequence[Frame], *, start: int, run: str, look: Look, finished: bool, total: int) -> bytes:
    """Return frames as bytes: the length of the JSON (4 bytes, little-endian), the JSON, raw deflated pixels.

    `start` is the number of the first of these frames within the run.
    """
    header = {
        "run": run,
        "start": start,
        "count": len(frames),
        "total": total,
        "finished": finished,
        "shape": frames[0].shape if frames else (),
        "texts": [frame.text for frame in frames],
        "places": [frame.at for frame in frames],
        "labels": [frame.labels for frame in frames],
        "values": [[_to_json(frame.values.get(name, math.nan)) for name in look.colors] for frame in frames],
        "label": look.label,
        "colors": dict(look.colors),
        "unit": look.unit,
        "limits": look.limits,
        "axis": look.axis,
        "speed": look.speed,
    }
    text = json.dumps(header, allow_nan=False).encode()
    pixels = b"".join(frame.deflated for frame in frames) + END
    return len(text).to_bytes(4, "little") + text + pixels


def _to_json(value: float) -> float | None:
    """Return the value; None if it is not finite, which JSON cannot hold."""
    return float(value) if math.isfinite(value) else None
