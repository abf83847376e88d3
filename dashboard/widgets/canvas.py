"""Canvases to draw a digit and to erase part of it. Arrays in, arrays out.

Only this module knows what they are made of: our own canvas, which answers during a stroke, and for shapes that can be
moved and deleted the library `streamlit-drawable-canvas`, which answers after it.
"""

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from core.pmnist.masks import SIDE
from core.visualization import arrays
from dashboard.components.live_canvas import CanvasOptions, forget, live_canvas
from dashboard.widgets.texts import show_caption

PEN_SIZES = {"fine": 14, "medium": 22, "bold": 30}  # canvas pixels; MNIST's own strokes are about 22 of 280 wide
BRUSH_SIZES = (2, 3, 5)  # digit pixels

SHAPE_ALPHA = 0.7  # the digit stays visible under a shape

KEYS = "Arrow keys move the pen, space puts it down and lifts it, delete clears."
ERASE_LABEL = f"The digit, to erase parts of it. {KEYS}"
UNDO_ALL = "Undo all erasing"

Tool = Literal["brush", "rectangle"]


@dataclass
class _Shapes:
    """The content of a canvas of shapes: the browser forgets it when the page changes."""

    drawn: dict[str, Any] | None = None  # the library's description of every shape
    png: bytes | None = None  # their picture
    shown_first: dict[str, Any] | None = None  # its content when it appeared on the page
    cleared: int = 0


def draw_canvas(
    *,
    key: str,
    size: int = 280,
    pen: int = PEN_SIZES["medium"],
    thing: str = "digit",
    initial: NDArray[np.uint8] | None = None,
    on_change: Callable[[NDArray[np.uint8] | None], None] | None = None,
    on_clear: Callable[[], None] | None = None,
) -> NDArray[np.uint8] | None:
    """Draw a black canvas with a white pen; return the ink `(size, size)`, 0 to 255; None if there is none.

    The ink survives reruns and page changes. `initial` (same shape) is the first ink; another one needs another `key`.
    `thing` is what the hint says to draw.
    Before the page reruns, `on_change` is called with the ink, also during a stroke, and `on_clear` when it is cleared.
    """
    label, hint = f"Canvas to draw a {thing} on. {KEYS}", f"Draw a {thing} here"
    options = CanvasOptions(mode="draw", label=label, clear="Clear", hint=hint, tool="pen", width=pen, side=size)
    return live_canvas(key, options, first=initial, on_change=on_change, on_clear=on_clear)


def erase_canvas(
    digit: NDArray[np.float32],
    mask: NDArray[np.bool_],
    *,
    key: str,
    tool: Tool = "brush",
    brush: int = BRUSH_SIZES[1],
    size: int = 280,
    undoable: bool = False,
    on_change: Callable[[NDArray[np.bool_]], None] | None = None,
    on_clear: Callable[[], None] | None = None,
    on_undo: Callable[[], None] | None = None,
) -> NDArray[np.bool_]:
    """Draw `digit` `(28, 28)` enlarged, to erase from; return `mask` without the erased pixels.

    Both masks are True where the digit is kept. Give the same base `mask` on every rerun, not the result: another digit
    or base mask is another canvas. `brush` is in digit pixels; `size` is a multiple of 28. Before the page reruns,
    `on_change` is called with the new mask, also during a stroke, `on_clear` when the user undoes all erasing, and with
    `undoable` `on_undo` when the user undoes what was erased before the first stroke.
    """
    options = CanvasOptions("erase", ERASE_LABEL, UNDO_ALL, tool, brush * size // SIDE, size, undoable)
    covered = live_canvas(
        key,
        options,
        board=erase_key(key, digit, mask),
        ground=partial(_ground, digit, mask),
        on_change=None if on_change is None else lambda covered: on_change(_uncovered(mask, covered)),
        on_clear=on_clear,
        on_undo=on_undo,
    )
    return _uncovered(mask, covered)


def forget_erasing(*keys: str) -> None:
    """Delete the strokes and shapes of all erase canvases with these keys."""
    for key in keys:
        forget(key)
        for name in [name for name in st.session_state if str(name).startswith(f"{key}-")]:
            del st.session_state[name]


def _uncovered(mask: NDArray[np.bool_], covered: NDArray[np.uint8] | None) -> NDArray[np.bool_]:
    return mask if covered is None else mask & (covered == 0)


def _ground(digit: NDArray[np.float32], mask: NDArray[np.bool_]) -> str:
    """Return the data URL of the digit, erased pixels hatched; without these a small one for the browser to enlarge."""
    return arrays.to_data_url(arrays.mark_erased(digit, mask, 1 if mask.all() else 10))


def shapes_canvas(
    digit: NDArray[np.float32],
    mask: NDArray[np.bool_],
    *,
    key: str,
    size: int = 280,
    on_clear: Callable[[], None] | None = None,
) -> NDArray[np.bool_]:
    """Do as `erase_canvas`, with rectangles and polygons that can be moved and deleted; it answers more slowly."""
    key = erase_key(key, digit, mask)
    saved: _Shapes = st.session_state.setdefault(f"{key}/saved", _Shapes())
    mode = _choose_shape(key, saved, on_clear)
    widget = f"{key}/{saved.cleared}"
    if widget not in st.session_state:
        saved.shown_first = saved.drawn
    result = _library_canvas(widget, mode, erase_background(digit, mask, size), saved.shown_first)
    if result.image_bytes is not None:  # None until the first shape after it appeared
        saved.drawn, saved.png = result.json_data, result.image_bytes
    return mask if saved.png is None else mask & ~covered_cells(_alpha_of(saved.png))


def _choose_shape(key: str, saved: _Shapes, on_clear: Callable[[], None] | None) -> str:
    """Draw the button that empties the canvas and the choice of a shape; return the library's name of that shape."""
    with st.container(horizontal=True, gap="small"):
        # The bin of the library's toolbar restores the content with which the canvas appeared, so after a page change
        # only this button empties it.
        st.button(UNDO_ALL, key=f"{key}/clear", on_click=_empty, args=(saved, on_clear))
        shape = st.segmented_control(
            "Shape",
            ["rectangle", "polygon"],
            key=f"{key}/shape",
            default="rectangle",
            label_visibility="collapsed",
            required=True,
        )
    show_caption("widgets", "Shapes")
    return "polygon" if shape == "polygon" else "rect"


def _library_canvas(key: str, mode: str, background: Image.Image, first: dict[str, Any] | None) -> Any:
    """Draw the library's canvas over a square picture; return what it holds."""
    from streamlit_drawable_canvas import st_canvas  # not above: importing it fails where Streamlit does not run

    return st_canvas(
        key=key,
        width=background.width,
        height=background.height,
        drawing_mode=mode,
        stroke_width=1,  # drawn outside the shape: a wider line would erase more than the box that was dragged
        stroke_color=_rgba(arrays.ERASED, SHAPE_ALPHA),
        fill_color=_rgba(arrays.ERASED, SHAPE_ALPHA),
        background_image=background,
        initial_drawing=first,
        return_image_data=True,
    )


def _empty(saved: _Shapes, on_clear: Callable[[], None] | None) -> None:
    """Delete the shapes; the next canvas gets a new key, so that the browser deletes them too."""
    saved.drawn = saved.png = saved.shown_first = None
    saved.cleared += 1
    if on_clear is not None:
        on_clear()


def erase_key(key: str, digit: NDArray[np.float32], mask: NDArray[np.bool_]) -> str:
    """Return the key of the canvas over this digit and base mask."""
    return f"{key}-{hashlib.sha1(digit.tobytes() + mask.tobytes()).hexdigest()[:8]}"


def erase_background(digit: NDArray[np.float32], mask: NDArray[np.bool_], size: int) -> Image.Image:
    """Return the digit enlarged without smoothing, erased pixels hatched."""
    return Image.fromarray(arrays.mark_erased(digit, mask, size // SIDE))


def covered_cells(alpha: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return which of the 28x28 cells are at least half covered; `alpha` is square, its side a multiple of 28."""
    # The edge of a shape is smoothed: a canvas pixel counts as covered if half of it is.
    covered = alpha >= round(SHAPE_ALPHA * 255 / 2)
    cell = len(alpha) // SIDE
    share = covered.reshape(SIDE, cell, SIDE, cell).mean(axis=(1, 3))
    return np.asarray(share >= 0.5)


def _alpha_of(png: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))[..., 3]


def _rgba(colour: tuple[int, int, int], alpha: float) -> str:
    return f"rgba({', '.join(map(str, colour))}, {alpha})"
