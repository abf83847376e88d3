"""Crop and rotate an uploaded picture by hand; at first, a frame marks the part that was found."""

import numpy as np
import streamlit as st
from PIL import Image

from core.digits.photographs.cropping import Crop
from core.visualization import arrays
from core.visualization.arrays import Picture
from dashboard.server.session import FoundDigits, get_session
from dashboard.widgets.pictures import show_picture

TURN, COLUMNS, ROWS = "crop turn", "crop columns", "crop rows"  # keys
MAX_TURN = 180  # degrees
SIDE = 240  # pixels of the picture from which the part is chosen


def show_crop(found: FoundDigits) -> None:
    """Draw, where it is opened, the picture and the controls that choose a part of it; the next run reads that part."""
    place = st.expander("Crop and rotate", key="crop", on_change="rerun")
    if not place.open:  # not drawn while it is closed
        return
    part = found.shown_part
    with place:
        show_picture(_mark(found.picture, part), "Your picture, with a frame around the part that is read", smooth=True)
        _slider("From left to right (%)", COLUMNS, 0, 100, (round(part.left), round(part.right)))
        _slider("From top to bottom (%)", ROWS, 0, 100, (round(part.top), round(part.bottom)))
        _slider("Rotate clockwise (degrees)", TURN, -MAX_TURN, MAX_TURN, round(part.turn))
        if found.part is not None:
            st.button("Reset", key="crop reset", on_click=_take, args=(None,), help="Find the digit automatically")


def _slider(label: str, key: str, least: int, most: int, value: int | tuple[int, int]) -> None:
    if st.session_state.get(key) != value:
        st.session_state[key] = value
    st.slider(label, least, most, key=key, on_change=_take_sliders)


def _take_sliders() -> None:
    if not all(key in st.session_state for key in (TURN, COLUMNS, ROWS)):
        return  # a page that was just left may send its widgets once more
    turn = max(-MAX_TURN, min(MAX_TURN, st.session_state[TURN]))  # a browser may send anything
    _take(Crop(turn, *_ends(COLUMNS), *_ends(ROWS)))


def _ends(key: str) -> tuple[int, int]:
    ends = [max(0, min(100, end)) for end in st.session_state[key]]
    return min(ends, default=0), max(ends, default=100)


def _take(part: Crop | None) -> None:
    get_session().part = part


def _mark(picture: Image.Image, part: Crop) -> Picture:
    """Return the picture small and in colour, with a frame around the part; on grey, what is transparent."""
    small = picture.convert("RGBA")
    small.thumbnail((SIDE, SIDE))
    ground = Image.new("RGBA", small.size, (128, 128, 128, 255))
    pixels = np.asarray(Image.alpha_composite(ground, small).convert("RGB"))
    return arrays.mark_part(pixels, part.box(small.size))
