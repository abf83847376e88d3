"""The two canvases people use: one to draw a digit, one to rub part of it out. Arrays in, arrays out.

The only place that knows which drawing library is behind them.
"""

import base64
import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from core.visualization import arrays

SIDE = 28  # pixels of an MNIST digit
PEN_SIZES = {"fine": 14, "medium": 22, "bold": 30}  # canvas pixels; MNIST's own strokes are about 22 of 280 wide
BRUSH_SIZES = (2, 3, 5)  # digit pixels

BRUSH_ALPHA = 0.7  # the digit stays visible under the brush

Tool = Literal["brush", "rectangle"]


@dataclass
class _Saved:
    """What a canvas must remember itself, because the browser forgets it when the page changes."""

    png: bytes | None = None  # everything on the canvas now
    shown_first: bytes | None = None  # what it held when it appeared; must stay the same while it is on the page
    cleared: int = 0


def draw_canvas(
    *, key: str, size: int = 280, pen: int = PEN_SIZES["medium"], initial: NDArray[np.uint8] | None = None
) -> NDArray[np.uint8] | None:
    """Show a black canvas with a white pen; return the strokes as RGBA `(size, size, 4)`, or None when it is empty.

    Ink is in the alpha channel, colour is white throughout. The drawing survives reruns and page changes.
    `initial` (RGBA, same shape) is what the canvas holds the first time; another one needs another `key`.
    """
    png = _canvas(
        key,
        clear="Clear",
        first=None if initial is None else _to_png(_on_black(initial)),
        width=size,
        height=size,
        stroke_width=pen,
        stroke_color="#ffffff",
        background_color="#000000",
    )
    return None if png is None else _to_strokes(_from_png(png))


def erase_canvas(
    digit: NDArray[np.float32],
    mask: NDArray[np.bool_],
    *,
    key: str,
    tool: Tool = "brush",
    brush: int = 3,
    size: int = 280,
    on_clear: Callable[[], None] | None = None,
) -> NDArray[np.bool_]:
    """Show `digit` `(28, 28)` enlarged, let people rub over it, and return `mask` without what they rubbed out.

    `mask` is True where the digit is kept, and so is the result. Give the same base `mask` on every rerun, not the
    result: another digit or base mask is another canvas. `brush` is in digit pixels; `size` a multiple of 28.
    `on_clear` is called when people bring everything back.
    """
    png = _canvas(
        erase_key(key, digit, mask),
        clear="Bring it back",
        on_clear=on_clear,
        width=size,
        height=size,
        drawing_mode="freedraw" if tool == "brush" else "rect",
        # A rectangle is drawn with its outline outside: one pixel keeps it the box people dragged.
        stroke_width=brush * size // SIDE if tool == "brush" else 1,
        stroke_color=_rgba(arrays.ERASED, BRUSH_ALPHA),
        fill_color=_rgba(arrays.ERASED, BRUSH_ALPHA),
        background_image=erase_background(digit, mask, size),
    )
    return mask if png is None else mask & ~covered_cells(_from_png(png)[..., 3])


def erase_key(key: str, digit: NDArray[np.float32], mask: NDArray[np.bool_]) -> str:
    """Return the key under which `erase_canvas` keeps the strokes over this digit and base mask."""
    return f"{key}-{hashlib.sha1(digit.tobytes() + mask.tobytes()).hexdigest()[:8]}"


def covered_cells(alpha: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return which of the 28x28 cells are at least half under the brush; `alpha` is square, a multiple of 28 wide."""
    # The rim of a stroke is blurred: a canvas pixel is under the brush when half of it is.
    under = alpha >= round(BRUSH_ALPHA * 255 / 2)
    cell = len(alpha) // SIDE
    share = under.reshape(SIDE, cell, SIDE, cell).mean(axis=(1, 3))
    return np.asarray(share >= 0.5)


def erase_background(digit: NDArray[np.float32], mask: NDArray[np.bool_], size: int) -> Image.Image:
    """Return the digit enlarged so that its pixels are seen, with what `mask` has erased hatched over."""
    return Image.fromarray(arrays.mark_erased(digit, mask, size // SIDE))


def _canvas(
    key: str,
    *,
    clear: str,
    on_clear: Callable[[], None] | None = None,
    first: bytes | None = None,
    **settings: Any,
) -> bytes | None:
    """Show a button that empties the canvas, and the canvas; return its picture as PNG, None when nothing is on it."""
    saved: _Saved = st.session_state.setdefault(f"{key}/saved", _Saved(png=first))
    # The library's own toolbar opens in this row, at the right. Its bin goes back to what the canvas held when it
    # appeared, so after a page change only this button empties it.
    st.button(clear, key=f"{key}/clear", on_click=_empty, args=(saved, on_clear))

    from streamlit_drawable_canvas import st_canvas  # not above: importing it fails where Streamlit does not run

    widget = f"{key}/{saved.cleared}" if saved.cleared else key
    if widget not in st.session_state:
        saved.shown_first = saved.png
    result = st_canvas(key=widget, initial_drawing=_as_drawing(saved.shown_first), return_image_data=True, **settings)
    if result.image_bytes is not None:  # None until the first stroke after it appeared
        saved.png = result.image_bytes if result.json_data["objects"] else None
    return saved.png


def _empty(saved: _Saved, on_clear: Callable[[], None] | None) -> None:
    """Forget the drawing; the next canvas gets a new key, so the browser forgets it too."""
    saved.png = saved.shown_first = None
    saved.cleared += 1
    if on_clear is not None:
        on_clear()


def _as_drawing(png: bytes | None) -> dict[str, Any] | None:
    """Return the library's description of a canvas that holds one picture; lighter than every stroke's points."""
    if png is None:
        return None
    source = f"data:image/png;base64,{base64.b64encode(png).decode()}"
    return {"objects": [{"type": "Image", "src": source, "left": 0, "top": 0, "originX": "left", "originY": "top"}]}


def _on_black(strokes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the strokes' alpha as an opaque white-on-black picture."""
    return np.dstack([strokes[..., 3]] * 3 + [np.full_like(strokes[..., 3], 255)])


def _to_strokes(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return white ink on black as white with the ink in alpha: the library draws its ground into the picture."""
    strokes = np.full_like(picture, 255)
    strokes[..., 3] = picture[..., 0]
    return strokes


def _from_png(png: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))


def _to_png(picture: NDArray[np.uint8]) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, format="PNG")
    return stream.getvalue()


def _rgba(colour: tuple[int, int, int], alpha: float) -> str:
    return f"rgba({', '.join(map(str, colour))}, {alpha})"
