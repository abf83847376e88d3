"""The class's drawings as files: after the class ends, nothing else is left of them."""

import streamlit as st

from core.classroom import class_test_set
from core.classroom.collected_drawings import CollectedDrawing
from core.classroom.room_database import RoomError
from dashboard.server import rooms, visitors
from dashboard.widgets.texts import read_note

FILES = {  # what the button says: how the file is made, its name and type
    "MNIST's format (IDX)": (class_test_set.to_idx_zip, "idx.zip", "application/zip"),
    "NumPy (npz)": (class_test_set.to_npz, "npz", "application/octet-stream"),
    "Pictures (PNG)": (class_test_set.to_png_zip, "png.zip", "application/zip"),
}


@st.fragment
def show_files(code: str) -> None:
    """Offer the drawings as files, without the hidden ones; nothing is read before people ask for it."""
    place = st.popover("Download", key="drawings files", on_change="rerun", icon=":material/download:")
    if not place.open:
        return
    with place:
        try:
            every = rooms.board().drawings.list_all(code, *visitors.get_openers())
        except RoomError as error:
            st.warning(str(error))
            return
        _show_buttons(code, [one for one in every if not one.hidden])


def _show_buttons(code: str, shown: list[CollectedDrawing]) -> None:
    if not shown:
        st.markdown("There are no drawings to download yet.")
        return
    st.markdown(read_note("class_drawings", "Files").format(count=len(shown)))
    for label, (make, end, kind) in FILES.items():
        st.download_button(label, make(shown), f"class-{code}.{end}", kind, key=f"drawings {end}", on_click="ignore")
