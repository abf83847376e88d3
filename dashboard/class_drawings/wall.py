"""The wall: all drawings of the class, a row for each digit; the teacher can hide one and put it back."""

from collections.abc import Sequence

import streamlit as st

from core.classroom.class_test_set import Readings
from core.classroom.collected_drawings import CLASSES, CollectedDrawing
from core.classroom.room_database import RoomError
from core.visualization.arrays import arrange
from core.visualization.feature_maps import Tiles
from dashboard.class_drawings.collecting import PROBLEM
from dashboard.components.board import Chosen, Row, Sheet, board
from dashboard.server import rooms, visitors
from dashboard.server.caches import Zoo
from dashboard.widgets.pictures import show_picture
from dashboard.widgets.texts import read_note

CHOSEN = "drawings chosen"  # key of the id of the drawing that was clicked
SIZES = (44, 84)  # least and largest pixels of the screen for a drawing
PICTURE = 84  # pixels of the screen for one drawing alone
COLUMNS = 20  # drawings in a row of the picture that is sent


def show_wall(code: str, every: Sequence[CollectedDrawing], read: Readings, zoo: Zoo) -> None:
    """Show the drawings that are not hidden, the one that was clicked in detail, and on request the hidden ones."""
    shown, hidden = ([one for one in every if one.hidden == want] for want in (False, True))
    by_digit = {str(label): [one for one in shown if one.label == label] for label in range(CLASSES)}
    by_digit = {name: drawings for name, drawings in by_digit.items() if drawings}
    chosen: str = st.session_state.get(CHOSEN, "")
    if by_digit:
        rows = [_to_row(name, drawings) for name, drawings in by_digit.items()]
        places = {one.id: Chosen(name, at) for name, found in by_digit.items() for at, one in enumerate(found)}
        board(
            rows,
            key="drawings wall",
            label="The drawings of the class",
            chosen=places.get(chosen),
            on_choose=lambda place: _choose(by_digit[place.row][place.tile]),
        )
    for one in shown:
        if one.id == chosen:
            _show_one(code, one, read, zoo)
    if hidden:
        _show_hidden(code, hidden)


def _to_row(name: str, drawings: Sequence[CollectedDrawing]) -> Row:
    picture = arrange([one.pixels for one in drawings], COLUMNS, gap=0, ground=0)
    names = [f"drawing {number} of a {name}" for number in range(1, len(drawings) + 1)]
    many = f"{len(drawings)} drawing{'s' * (len(drawings) != 1)}"
    return Row(name, many, [Sheet(Tiles(picture, 28, 28, names), *SIZES)])


def _choose(drawing: CollectedDrawing) -> None:
    st.session_state[CHOSEN] = drawing.id


def _show_one(code: str, drawing: CollectedDrawing, read: Readings, zoo: Zoo) -> None:
    """Show a drawing with what each network reads in it, and the button that hides it."""
    said = [f"{zoo[name].title}: **{found[drawing.id]}**" for name, found in read.items() if drawing.id in found]
    with st.container(horizontal=True, vertical_alignment="center", key="drawings one"):
        with st.container(width=PICTURE):
            show_picture(drawing.pixels, f"A drawing of a {drawing.label}", width=PICTURE)
        st.markdown(f"Meant as a **{drawing.label}**. {' · '.join(said)}")
        st.button("Hide this drawing", key="drawings hide", on_click=_hide, args=(code, drawing, True))


def _show_hidden(code: str, hidden: Sequence[CollectedDrawing]) -> None:
    many = f"{len(hidden)} drawing{'s are' if len(hidden) != 1 else ' is'} hidden"
    with st.popover(f"{many}", key="drawings hidden"):
        st.markdown(read_note("class_drawings", "Hidden"))
        for one in hidden:
            with st.container(horizontal=True, vertical_alignment="center"):
                with st.container(width=PICTURE):
                    show_picture(one.pixels, f"A hidden drawing of a {one.label}", width=PICTURE)
                st.button("Show again", key=f"drawings show {one.id}", on_click=_hide, args=(code, one, False))


def _hide(code: str, drawing: CollectedDrawing, hidden: bool) -> None:
    try:
        rooms.board().drawings.hide(code, drawing.id, hidden, *visitors.get_openers())
        st.session_state.pop(CHOSEN, None)
    except RoomError as error:
        st.session_state[PROBLEM] = str(error)
