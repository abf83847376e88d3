"""Which two classes of pictures: an example, or people's own, as files, in zips, or taken with the camera."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.digits.datasets import Dataset
from core.digits.pictures import PictureError, read_picture
from core.transfer.tasks import MOST_PICTURES, Task, TaskError, make_task
from core.transfer.uploaded_pictures import UploadedPictures, read_uploads, to_square
from core.visualization.transfer import draw_strip
from dashboard import address
from dashboard.transfer import cached

CAMERA = "transfer camera"  # the key of the camera
CROPS, DIGITS, OWN = "Photographs", "Digits", "Your own"
PAIR = (3, 5)
ENDINGS = ["png", "jpg", "jpeg", "webp", "gif", "bmp", "zip"]
MEGABYTES = 25  # of one upload: a zip of photographs that are not larger than they need be
SHOWN = 8  # of each class
NAMES = ("cats", "dogs")


@dataclass
class Shelf:
    """What one visitor has brought for one class."""

    files: tuple[str, ...] = ()
    """Which uploads the pile is made of."""
    pile: UploadedPictures = field(default_factory=lambda: read_uploads(()))
    photos: list[NDArray[np.uint8]] = field(default_factory=list)
    problem: str = ""
    place: int = 0
    """How often all was forgotten: the browser empties an upload only when it becomes another one."""
    changed: bool = False
    """Whether people have changed the uploads since they were read; a change of page empties the widget too."""

    def pixels(self) -> NDArray[np.uint8]:
        """Return all pictures `(N, 224, 224, 3)`, photos from the camera last."""
        return np.concatenate([self.pile.pixels, *(photo[None] for photo in self.photos)])[:MOST_PICTURES]

    def names(self) -> list[str]:
        """Return what they are called."""
        return [*self.pile.names, *(f"photo {number + 1}" for number in range(len(self.photos)))][:MOST_PICTURES]


def choose_source() -> str:
    """Let people choose where the pictures come from."""
    return address.segmented_control("pictures", "Pictures", [CROPS, DIGITS, OWN], key="transfer source", wrap=True)


def show_task(source: str, data: Dataset) -> Task | None:
    """Show some pictures of both classes, and return the task; None, and what is missing, while there is none."""
    pair = _choose_pair(data, shown=source == DIGITS)
    if source == OWN:
        task = _own_task()
    elif source == DIGITS:
        task = _digits_task(data, *pair)
    else:
        task = cached.photographs()
    if task is not None:
        _show_some(task)
    return task


def _show_some(task: Task) -> None:
    for label, column in enumerate(st.columns(2, gap="small")):
        there = np.flatnonzero((task.labels == label) & ~task.test)
        counts = [int(((task.labels == label) & (task.test == held_out)).sum()) for held_out in (False, True)]
        picked = there[np.linspace(0, len(there) - 1, min(SHOWN, len(there))).astype(int)]
        column.image(draw_strip([task.pixels[index] for index in picked]), output_format="PNG", width="stretch")
        column.caption(f"**{task.classes[label]}**: {counts[0]} to learn from, {counts[1]} held out")
    for note in task.notes:
        st.caption(note)


def _choose_pair(data: Dataset, *, shown: bool) -> tuple[int, int]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        first, second = (
            address.selectbox(
                which.lower(),
                which,
                range(len(data.classes)),
                label,
                key=f"transfer digit {label}",
                shown=shown,
                width=90,
                format_func=data.classes.__getitem__,
            )
            for which, label in zip(("Tell", "from"), PAIR, strict=True)
        )
    return first, second


def _digits_task(data: Dataset, first: int, second: int) -> Task | None:
    try:
        return cached.two_digits(data.name, first, second)
    except TaskError as error:
        st.info(str(error))
        return None


def _own_task() -> Task | None:
    shelves: tuple[Shelf, Shelf] = st.session_state.setdefault("transfer shelves", (Shelf(), Shelf()))
    names = []
    for number, column in enumerate(st.columns(2, gap="small")):
        with column:
            names.append(
                st.text_input(
                    f"Class {number + 1}",
                    NAMES[number],
                    max_chars=30,
                    key=f"transfer class {number}",
                    placeholder=f"what class {number + 1} is called",
                    persist_state="session",
                    label_visibility="collapsed",
                )
            )
            _fill(shelves[number], number)
    _take_photos(shelves, names)
    piles = [shelf.pixels() for shelf in shelves]
    about = (*names, *(pile.shape[0] for pile in piles), *(shelf.files for shelf in shelves))
    known = st.session_state.get("transfer own")
    if known is not None and known[0] == about:
        return known[1]
    try:
        task = make_task((names[0], names[1]), piles, [shelf.names() for shelf in shelves])
    except TaskError as error:
        st.info(str(error))
        return None
    st.session_state["transfer own"] = (about, task)
    return task


def _fill(shelf: Shelf, number: int) -> None:
    """Let people upload the pictures of one class."""
    files = st.file_uploader(
        "Pictures, or a zip of them",
        ENDINGS,
        accept_multiple_files=True,
        max_upload_size=MEGABYTES,
        key=f"transfer files {number}/{shelf.place}",
        on_change=setattr,
        args=(shelf, "changed", True),
    )
    if shelf.changed:
        shelf.files, shelf.pile, shelf.changed = tuple(file.file_id for file in files), read_uploads(()), False
        shelf.problem = ""
        try:
            with st.spinner("Opening the pictures ..."):
                shelf.pile = read_uploads((file.name, file.getvalue()) for file in files)
        except TaskError as error:
            shelf.problem = str(error)
    if shelf.problem:
        st.warning(shelf.problem)
    for note in shelf.pile.notes:
        st.caption(f":orange[{note}]")
    _show_count(shelf, number)


def _show_count(shelf: Shelf, number: int) -> None:
    count = len(shelf.pile.names) + len(shelf.photos)
    if not count:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{count} picture{'s' * (count > 1)}", width="content")
        st.button("Forget them", key=f"transfer forget {number}", type="tertiary", on_click=_forget, args=(number,))


def _forget(number: int) -> None:
    shelves = list(st.session_state["transfer shelves"])
    shelves[number] = Shelf(place=shelves[number].place + 1)
    st.session_state["transfer shelves"] = tuple(shelves)


def _take_photos(shelves: tuple[Shelf, Shelf], names: list[str]) -> None:
    if not st.toggle("Take photos with the camera", key="transfer camera on"):
        return
    number = st.segmented_control(
        "The next photo is of class",
        [0, 1],
        default=0,
        key="transfer camera class",
        required=True,
        format_func=lambda one: names[one] or f"class {one + 1}",
    )
    st.camera_input(
        "Photo",
        key=CAMERA,
        label_visibility="collapsed",
        on_change=_keep_photo,
        args=(shelves[number or 0],),
    )
    st.caption("Each photo is kept as you take it; press *Clear photo* to take the next.")


def _keep_photo(shelf: Shelf) -> None:
    taken = st.session_state[CAMERA]
    if taken is None or len(shelf.photos) >= MOST_PICTURES:
        return
    try:
        shelf.photos.append(to_square(read_picture(taken.getvalue())))
    except PictureError as error:
        shelf.problem = str(error)
