"""Erase part of a digit: by a cut, a brush, a rectangle or shapes."""

from functools import partial

import numpy as np
import streamlit as st

from core.pmnist.masks import CUTS, Variant, cut_mask
from core.visualization import arrays
from dashboard import address
from dashboard.address.links import CUT, ERASE, TOOL
from dashboard.server.scene import Digit, Mask, cut_of
from dashboard.server.session import Session, get_session
from dashboard.widgets.canvas import BRUSH_SIZES, erase_canvas, forget_erasing, shapes_canvas
from dashboard.widgets.columns import fold_for_projector
from dashboard.widgets.pictures import show_picture
from dashboard.widgets.strokes import CANVAS, StrokeFragments, answer_stroke, rerun_fragments

SHAPES = "shapes"
TOOLS = {"small": BRUSH_SIZES[0], "medium": BRUSH_SIZES[1], "large": BRUSH_SIZES[2], "box": 0, SHAPES: 0}
TOOL_TITLES = {name: f"{name} brush" for name in TOOLS} | {"box": "rectangle", SHAPES: "movable shapes"}
VARIANTS: dict[str, Variant] = {"as the talk says": "text", "as its code does": "code"}
CUT_BUTTONS = {"whole": "none", "HCUT": "top", "VCUT": "left", "DCUT": "quarters", "TCUT": "squares"}


def choose_variant(key: str) -> Variant:
    """Draw the choice between the talk's cuts and those of its published code; return the variant."""
    return VARIANTS[address.segmented_control("cuts", "The cuts", list(VARIANTS), key=key)]


def choose_mask(session: Session, digit: Digit) -> Mask:
    """Draw the cuts, the tools and the digit to erase from; return True where the digit is kept."""
    return show_eraser(session, digit, choose_tool())


def choose_tool() -> str:
    """Draw the cuts and the tools, in projector mode the latter folded away; return the name of the tool."""
    if address.get_address().hides("tools"):
        return "medium"
    base = get_session().base_mask
    st.session_state[CUT] = "whole" if base.all() else cut_of(base)
    st.segmented_control(
        "Cut",
        ["whole", *CUTS],
        key=CUT,
        persist_state="session",
        label_visibility="collapsed",
        format_func=CUT_BUTTONS.__getitem__,
        on_change=_take_cut,
        wrap=True,
    )
    with fold_for_projector(TOOL_TITLES[st.session_state.get(TOOL) or "medium"], "brushes"):
        return _choose_brush()


def _choose_brush() -> str:
    return (
        st.segmented_control(
            "Erase with",
            list(TOOLS),
            default="medium",
            key=TOOL,
            persist_state="session",
            label_visibility="collapsed",
            required=True,
            on_change=_keep_erased,
            wrap=True,
            format_func=TOOL_TITLES.__getitem__,
        )
        or "medium"
    )


def show_eraser(session: Session, digit: Digit, tool: str, *, fragments: StrokeFragments | None = None) -> Mask:
    """Draw the digit to erase parts of it with the tool; return True where it is kept."""
    if address.get_address().hides("tools"):
        erased = arrays.mark_erased(digit, session.base_mask, CANVAS // 28)
        show_picture(erased, "The digit, erased parts hatched", width=CANVAS)
        return session.base_mask
    if tool == SHAPES:
        return shapes_canvas(digit, session.base_mask, key=SHAPES, size=CANVAS, on_clear=_erase_nothing)
    size = TOOLS[tool]
    if fragments is not None:
        answer_stroke(fragments)
    return erase_canvas(
        digit,
        session.base_mask,
        key=ERASE,
        tool="brush" if size else "rectangle",
        brush=size or BRUSH_SIZES[1],
        size=CANVAS,
        undoable=bool(session.earlier_masks),
        on_change=None if fragments is None else partial(_take_mask, fragments),
        on_clear=_erase_nothing,
        on_undo=_undo,
    )


def _take_mask(fragments: StrokeFragments, mask: Mask) -> None:
    get_session().scene.mask = mask
    rerun_fragments(fragments)


def _take_cut() -> None:
    erase_instead(cut_mask(st.session_state.get(CUT) or "whole").numpy())


def erase_instead(mask: Mask) -> None:
    """Erase what this mask erases instead of all that was erased before, which Undo brings back."""
    get_session().earlier_masks.append(get_session().scene.mask)
    _set_mask(mask)


def _undo() -> None:
    if not get_session().earlier_masks:
        return  # the browser sent it before it knew that nothing is left
    _set_mask(get_session().earlier_masks.pop())
    get_session().page_complete = False  # the row of cuts must change too


def _set_mask(mask: Mask) -> None:
    """Erase what this mask erases and nothing else."""
    get_session().base_mask = get_session().scene.mask = mask
    forget_erasing(ERASE, SHAPES)


def _keep_erased() -> None:
    """Keep what is erased so far when the tool changes to or from shapes, which have a canvas of their own."""
    shapes = st.session_state.get(TOOL) == SHAPES  # a page that was just left may send its widgets once more
    if shapes != st.session_state.get("shapes chosen", False):
        get_session().keep_erased()
    st.session_state["shapes chosen"] = shapes


def undo_all_erasing() -> None:
    """Erase nothing any more; Undo brings it back."""
    erase_instead(np.ones_like(get_session().base_mask))


def _erase_nothing() -> None:
    session = get_session()
    if session.base_mask.all():
        return  # the canvas itself undoes that its strokes were deleted
    erase_instead(np.ones_like(session.base_mask))
    session.page_complete = False  # the row of cuts must change too
