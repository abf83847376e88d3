"""A digit and what is erased from it, chosen in the place of one picture."""

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.digits.datasets import Dataset
from dashboard.address import get_address
from dashboard.server.scene import Digit, Mask
from dashboard.server.session import Session
from dashboard.widgets.canvas import UNDO_ALL
from dashboard.widgets.columns import inputs_and_result
from dashboard.widgets.data_set import name_drawing, sample
from dashboard.widgets.digit import choose_digit
from dashboard.widgets.mask import choose_mask, undo_all_erasing
from dashboard.widgets.texts import suggest

DIGIT, ERASE = "Digit", "Erase"
PART = "missing part"  # the key of the choice between the digit and erasing


def choose_scene(session: Session, data: Dataset) -> tuple[Digit, Mask] | None:
    """Draw the widgets for a digit, or for erasing part of it; return digit and mask, None while there is no digit."""
    part = st.segmented_control(
        "Your digit",
        [DIGIT, ERASE],
        default=DIGIT,
        key=PART,
        persist_state="session",
        label_visibility="collapsed",
        required=True,
        format_func=lambda one: name_drawing(data).capitalize() if one == DIGIT else one,
    )
    scene = session.scene
    digit = scene.drawn if scene.drawn is not None or scene.sample is None else _sample(session, data)
    if part == ERASE and digit is not None:
        scene.mask = choose_mask(session, digit)
    else:
        choice = choose_digit(session, data, first="Sample")
        if choice is None:
            get_address().incomplete = True
            st.info(f"Draw a {name_drawing(data)} to see the result here.")
            return None
        if digit is None or not np.array_equal(choice.digit, digit):
            # As on the main page: a cut stays, what was erased from another digit goes.
            scene.mask = session.base_mask
        digit = choice.digit
        session.take(choice)
        if not scene.mask.all():
            _say_erased()
    if not scene.mask.any():
        st.caption("Everything is erased: you see what networks read in an empty picture.")
    return digit, scene.mask


def _say_erased() -> None:
    """Say that part of the digit is erased, and offer to undo that without going to where it was erased."""
    st.caption("Part of it is erased: see *Erase*.")
    if not get_address().hides("tools"):
        st.button(UNDO_ALL, key="undo all erasing", on_click=undo_all_erasing)


def choose_beside(tip: str, session: Session, data: Dataset) -> tuple[tuple[Digit, Mask] | None, DeltaGenerator]:
    """Choose a digit as `choose_scene` does, below a tip; also return the column to the right of it."""
    left, right = inputs_and_result(330, 880)
    with left:
        suggest(tip)
        return choose_scene(session, data), right


def _sample(session: Session, data: Dataset) -> Digit:
    session.scene.sample = min(session.scene.sample or 0, len(data.test) - 1)
    return sample(data, session.scene.sample)
