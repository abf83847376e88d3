"""A canvas to draw on, or to erase parts of a picture on, that sends its content while the stroke goes on.

`live_canvas(key, CanvasOptions(...), board=...)` needs Streamlit, NumPy and the files beside this one. The browser
sends at most every 80 milliseconds during a stroke, and at its end; no answer from Python is painted over the stroke.
With `on_change` a page can rerun only the fragment that answers, without the canvas: the answer must then contain
`acknowledgement(key)`, or the browser waits a second before it sends again.
"""

import base64
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from html import escape
from pathlib import Path
from typing import Any, Literal

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.visualization.arrays import to_data_url

CELLS = 28  # pixels of a digit along a side: erasing is sent in these
MAX_BOARDS = 32  # boards with content that are kept for one canvas

FILES = ("live_canvas.html", "live_canvas.css", "live_canvas.js", "painting.js", "input.js")
_html, _css, *_js = (Path(__file__).with_name(name).read_text("utf-8") for name in FILES)
_component = st.components.v2.component("live_canvas", html=_html, css=_css, js="\n".join(_js))


@dataclass(frozen=True)
class CanvasOptions:
    """How a canvas looks and draws; a change keeps its content."""

    mode: Literal["draw", "erase"]
    label: str  # for screen readers
    clear: str  # label of the button that empties it
    tool: Literal["pen", "brush", "rectangle"] = "pen"
    width: int = 22  # of pen and brush, in canvas pixels
    side: int = 280  # canvas pixels, a multiple of 28; the screen may show it smaller
    undoable: bool = False  # whether Undo has something to undo before the first stroke: `on_undo` does it
    hint: str = ""  # on the empty canvas


@dataclass(frozen=True, eq=False)
class Sent:
    """A message from the browser; `number` counts upwards, so a smaller one is older."""

    board: str
    number: int
    going: bool  # the stroke is not finished yet
    cleared: int  # the number of the message in which the user last cleared the canvas
    undone: int  # the number of the message in which the user last undid what came before the first stroke
    content: NDArray[np.uint8] | None  # 0 to 255: `(side, side)` ink, or `(28, 28)` erased; None if empty


@dataclass
class _Memory:
    """The session's copy of a canvas: the browser forgets its content when the page changes."""

    number: int = 0
    going: bool = False
    boards: dict[str, NDArray[np.uint8]] = field(default_factory=dict)  # the content of each that is not empty
    shown: dict[str, Any] = field(default_factory=dict)  # what the browser started with

    def show(self, board: str, ground: str) -> None:
        """Start the browser with this board's content, over the picture at this data URL."""
        first = _as_picture(self.boards.get(board))
        self.shown = {"board": board, "number": self.number, "first": first, "ground": ground}


def live_canvas(
    key: str,
    options: CanvasOptions,
    *,
    board: str = "",
    first: NDArray[np.uint8] | None = None,
    ground: Callable[[], str] | None = None,
    on_change: Callable[[NDArray[np.uint8] | None], None] | None = None,
    on_clear: Callable[[], None] | None = None,
    on_undo: Callable[[], None] | None = None,
) -> NDArray[np.uint8] | None:
    """Draw the canvas; return its content, 0 to 255, `(side, side)` ink or `(28, 28)` erased; None if it is empty.

    Each `board` has a content of its own on the same canvas; `ground` returns the data URL of the picture below it, and
    is called once for each. `first` is the first content. Before the page reruns, `on_clear` is called when the user
    clears the canvas, `on_undo` when the user undoes what came before the first stroke (`CanvasOptions.undoable`), and
    `on_change` with the value that this returns.
    """
    memory = _remember(key, {} if first is None else {board: first})
    if key not in st.session_state or memory.shown.get("board") != board:
        memory.show(board, "" if ground is None else ground())

    def changed() -> None:
        _receive(memory, (st.session_state.get(key) or {}).get("sent"), options, on_clear, on_undo)
        if on_change is not None:
            on_change(memory.boards.get(board))

    sent = _component(key=key, data={"key": key, **asdict(options), **memory.shown}, on_sent_change=changed)
    _receive(memory, sent.get("sent"), options, on_clear, on_undo)
    return memory.boards.get(board)


def stroke_goes_on(key: str) -> bool:
    """Return whether a stroke is going on now on this canvas; False if it is not on the page."""
    return _remember(key, {}).going and key in st.session_state


def acknowledgement(key: str) -> str:
    """Return invisible HTML with the number of the last message received; the canvas waits for it to send on."""
    return f'<i hidden data-heard="{escape(key)} {_remember(key, {}).number}"></i>'


def forget(key: str) -> None:
    """Empty all boards, here and in the browser, whose content has a smaller number and so is old."""
    memory = _remember(key, {})
    memory.number, memory.going = memory.number + 1, False
    memory.boards.clear()
    memory.shown.clear()


def _remember(key: str, first: Mapping[str, NDArray[np.uint8]]) -> _Memory:
    name = f"{key}/memory"
    if name not in st.session_state:
        st.session_state[name] = _Memory(boards=dict(first))
    memory: _Memory = st.session_state[name]
    return memory


def _receive(
    memory: _Memory,
    value: Any,
    options: CanvasOptions,
    on_clear: Callable[[], None] | None,
    on_undo: Callable[[], None] | None,
) -> None:
    """Keep a message from the browser, unless it is old or cannot be read."""
    sent = _read(value, options)
    if sent is None or sent.number <= memory.number:
        return
    if sent.cleared > memory.number:
        memory.boards.clear()
        if on_clear is not None:
            on_clear()
    undone = sent.undone > memory.number
    memory.number, memory.going = sent.number, sent.going
    if undone and options.undoable and on_undo is not None:
        on_undo()
        return  # the caller has changed what is below the strokes, so this content is out of date
    memory.boards.pop(sent.board, None)
    if sent.content is not None:
        memory.boards[sent.board] = sent.content
    while len(memory.boards) > MAX_BOARDS:
        del memory.boards[next(iter(memory.boards))]


def _read(value: Any, options: CanvasOptions) -> Sent | None:
    """Return a message; None if it has another form, since a browser may send anything."""
    try:
        content = _unpack(base64.b64decode(value["content"], validate=True), options)
        number, cleared, undone = (_count(value.get(name, 0)) for name in ("number", "cleared", "undone"))
        return Sent(str(value["board"]), number, bool(value["going"]), cleared, undone, content)
    except (TypeError, KeyError, ValueError, OverflowError):
        return None


def _count(value: Any) -> int:
    """Return the number of a message. Raises ValueError for one that no browser reaches."""
    number = int(value)
    if not 0 <= number <= 10**9:
        raise ValueError("out of range")
    return number


def _unpack(content: bytes, options: CanvasOptions) -> NDArray[np.uint8] | None:
    """Return a canvas's content: of ink, each run of equal pixels was sent as its length and its value."""
    if not content:
        return None
    if options.mode == "erase":
        bits = np.frombuffer(content, np.uint8, CELLS * CELLS // 8)
        return np.unpackbits(bits).reshape(CELLS, CELLS) * np.uint8(255)
    lengths, values = np.frombuffer(content, np.uint8).reshape(-1, 2).T
    if lengths.sum() != options.side**2:
        raise ValueError("another number of pixels")
    return values.repeat(lengths).reshape(options.side, options.side)


def _as_picture(content: NDArray[np.uint8] | None) -> str:
    return "" if content is None else to_data_url(np.dstack([np.full_like(content, 255), content]))
