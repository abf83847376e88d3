"""A canvas to draw on, or to rub parts of a picture out, that says what is on it while the stroke goes on.

`live_canvas(key, Look(...), board=...)` needs Streamlit and NumPy, and the files beside this one. The browser
sends at most every 80 milliseconds during a stroke, and at its end; nothing that Python answers is ever painted over
what people are drawing. With `on_change` a page can rerun the one fragment that answers, and not show the canvas again:
the answer then holds `heard(key)`, without which the browser waits a second for it.
"""

import base64
import zlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from html import escape
from pathlib import Path
from typing import Any, Literal

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.visualization.arrays import to_data_url

CELLS = 28  # along a side: what is rubbed out is told in cells of the digit
MOST_BOARDS = 32  # sheets with something on them that are kept for one canvas

FILES = ("live_canvas.html", "live_canvas.css", "live_canvas.js", "painting.js", "hands.js")
_html, _css, *_js = (Path(__file__).with_name(name).read_text("utf-8") for name in FILES)
_component = st.components.v2.component("live_canvas", html=_html, css=_css, js="\n".join(_js))


@dataclass(frozen=True)
class Look:
    """How a canvas looks and draws; it may change at any time without a loss."""

    mode: Literal["draw", "erase"]
    label: str  # for screen readers
    clear: str  # on the button that empties it
    tool: Literal["pen", "brush", "rectangle"] = "pen"
    width: int = 22  # of pen and brush, in canvas pixels
    side: int = 280  # canvas pixels, a multiple of 28; the screen may show it smaller


@dataclass(frozen=True, eq=False)
class Sent:
    """What the browser has sent; `number` counts upwards, a smaller one is older."""

    board: str
    number: int
    going: bool  # the stroke is not finished yet
    cleared: int  # the number under which people last cleared the canvas
    content: NDArray[np.uint8] | None  # 0 to 255: `(side, side)` ink, or `(28, 28)` rubbed out; None for nothing


@dataclass
class _Memory:
    """The session's copy, which is the truth: a browser forgets what it shows when the page changes."""

    number: int = 0
    going: bool = False
    boards: dict[str, NDArray[np.uint8]] = field(default_factory=dict)  # what is on each that is not empty
    shown: dict[str, Any] = field(default_factory=dict)  # what the browser began with; the same until it begins anew


def live_canvas(
    key: str,
    look: Look,
    *,
    board: str = "",
    first: NDArray[np.uint8] | None = None,
    ground: Callable[[], str] | None = None,
    on_change: Callable[[NDArray[np.uint8] | None], None] | None = None,
    on_clear: Callable[[], None] | None = None,
) -> NDArray[np.uint8] | None:
    """Show the canvas and return what is on it, 0 to 255, None for nothing: `(side, side)` ink or `(28, 28)` erased.

    Another `board` is another sheet of paper on the same canvas: `ground` gives the data URL of the picture on it, and
    is called for each board once. `first` is what the canvas holds the first time. `on_clear` is called when people
    clear it, `on_change` with what is returned, before the page runs again.
    """
    memory = _remember(key, {} if first is None else {board: first})
    if key not in st.session_state or memory.shown.get("board") != board:
        memory.shown = {
            "board": board,
            "number": memory.number,
            "first": _as_picture(memory.boards.get(board)),
            "ground": "" if ground is None else ground(),
        }

    def changed() -> None:
        _receive(memory, st.session_state[key].get("sent"), look, on_clear)
        if on_change is not None:
            on_change(memory.boards.get(board))

    sent = _component(key=key, data={"key": key, **asdict(look), **memory.shown}, on_sent_change=changed)
    _receive(memory, sent.get("sent"), look, on_clear)
    return memory.boards.get(board)


def stroke_goes_on(key: str) -> bool:
    """Say whether people are in the middle of a stroke on this canvas, if it is on the page."""
    return _remember(key, {}).going and key in st.session_state


def heard(key: str) -> str:
    """Return invisible HTML that tells the canvas how much of it has been answered: it sends no more before that."""
    return f'<i hidden data-heard="{escape(key)} {_remember(key, {}).number}"></i>'


def forget(key: str) -> None:
    """Take new sheets, here and in the browser: what that holds has a smaller number, and so is old."""
    memory = _remember(key, {})
    memory.number, memory.going = memory.number + 1, False
    memory.boards.clear()
    memory.shown.clear()


def _remember(key: str, first: Mapping[str, NDArray[np.uint8]]) -> _Memory:
    memory: _Memory = st.session_state.setdefault(f"{key}/memory", _Memory(boards=dict(first)))
    return memory


def _receive(memory: _Memory, value: Any, look: Look, on_clear: Callable[[], None] | None) -> None:
    """Take over what the browser sent, unless it is known already or cannot be read."""
    sent = _read(value, look)
    if sent is None or sent.number <= memory.number:
        return
    if sent.cleared > memory.number:
        memory.boards.clear()
        if on_clear is not None:
            on_clear()
    memory.number, memory.going = sent.number, sent.going
    memory.boards.pop(sent.board, None)
    if sent.content is not None:
        memory.boards[sent.board] = sent.content
    while len(memory.boards) > MOST_BOARDS:
        del memory.boards[next(iter(memory.boards))]


def _read(value: Any, look: Look) -> Sent | None:
    """Return what came from a browser, where anything may come from; None where it is not what was agreed."""
    try:
        content = _unpack(base64.b64decode(value["content"], validate=True), look)
        numbers = int(value["number"]), bool(value["going"]), int(value["cleared"])
        return Sent(str(value["board"]), *numbers, content)
    except (TypeError, KeyError, ValueError, zlib.error):
        return None


def _unpack(content: bytes, look: Look) -> NDArray[np.uint8] | None:
    if not content:
        return None
    if look.mode == "erase":
        bits = np.frombuffer(content, np.uint8, CELLS * CELLS // 8)
        return np.unpackbits(bits).reshape(CELLS, CELLS) * np.uint8(255)
    ink = zlib.decompressobj().decompress(content, look.side**2 + 1)  # no more, whatever it claims to be
    return np.frombuffer(ink, np.uint8).reshape(look.side, look.side)


def _as_picture(content: NDArray[np.uint8] | None) -> str:
    return "" if content is None else to_data_url(np.dstack([np.full_like(content, 255), content]))
