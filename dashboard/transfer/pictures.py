"""Choose the two classes of pictures: an example, or the visitor's own as files, as ZIPs or from the camera."""

from dataclasses import dataclass, field

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.digits.datasets import Dataset
from core.digits.pictures import PictureError, read_picture
from core.transfer.tasks import MAX_PICTURES, Task, TaskError, make_task
from core.transfer.uploaded_pictures import UploadedPictures, read_uploads, to_square
from core.visualization.transfer import draw_strip
from dashboard import address
from dashboard.address.links import OWN_PICTURES
from dashboard.transfer import cached
from dashboard.widgets.data_set import class_names
from dashboard.widgets.picture_upload import upload_pictures
from dashboard.widgets.pictures import show_picture

CAMERA = "transfer camera"  # the key of the camera
CROPS, DIGITS, OWN = "Photographs", "Digits", OWN_PICTURES
FIRST_PAIR = (3, 5)  # digits
SHOWN = 8  # of each class
NAMES = ("cats", "dogs")
BOTH_CLASSES = "transfer own pictures"  # key of both classes' ClassPictures


@dataclass
class ClassPictures:
    """The visitor's own pictures of one class."""

    files: tuple[str, ...] = ()
    """The ids of the files that `uploads` was read from."""
    uploads: UploadedPictures = field(default_factory=lambda: read_uploads(()))
    photos: list[NDArray[np.uint8]] = field(default_factory=list)
    problem: str = ""
    version: int = 0
    """How often the pictures were removed, part of the upload's key: only a new widget starts empty."""
    changed: bool = False
    """Whether the user changed the uploads since they were read; an upload that a change of page emptied is not."""

    def pixels(self) -> NDArray[np.uint8]:
        """Return all pictures `(N, 224, 224, 3)`, photos from the camera last."""
        return np.concatenate([self.uploads.pixels, *(photo[None] for photo in self.photos)])[:MAX_PICTURES]

    def names(self) -> list[str]:
        """Return their names, in the same order."""
        return [*self.uploads.names, *(f"photo {number + 1}" for number in range(len(self.photos)))][:MAX_PICTURES]


def choose_source() -> str:
    """Draw the choice of where the pictures come from; return the chosen option."""
    return address.segmented_control("pictures", "Pictures", [CROPS, DIGITS, OWN], key="transfer source", wrap=True)


def show_task(source: str, data: Dataset) -> Task | None:
    """Show some pictures of both classes and return the task; say what is missing and return None if there is none."""
    pair = _choose_pair(data, shown=source == DIGITS)
    if source == OWN:
        task = _own_task()
    elif source == DIGITS:
        task = _digits_task(data, *pair)
    else:
        task = cached.photographs()
    if task is not None:
        _show_pictures(task)
    return task


def _show_pictures(task: Task) -> None:
    for label, column in enumerate(st.columns(2, gap="small")):
        learned = np.flatnonzero((task.labels == label) & ~task.test)
        counts = [int(((task.labels == label) & (task.test == held_out)).sum()) for held_out in (False, True)]
        strip = draw_strip([task.pixels[index] for index in pick_evenly(learned, SHOWN)])
        with column:
            show_picture(strip, f"training pictures of {task.classes[label]}", smooth=True)
        column.caption(f"**{task.classes[label]}**: {counts[0]} training pictures, {counts[1]} held out")
    for note in task.notes:
        st.caption(note)


def pick_evenly(indices: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Return at most `count` of the indices, evenly spaced from the first to the last."""
    picked: NDArray[np.int64] = indices[np.linspace(0, len(indices) - 1, min(count, len(indices))).astype(int)]
    return picked


def _choose_pair(data: Dataset, *, shown: bool) -> tuple[int, int]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        first, second = (
            address.selectbox(
                name,
                which,
                range(len(class_names(data))),
                label,
                key=f"transfer digit {label}",
                shown=shown,
                width=110,
                format_func=class_names(data).__getitem__,
            )
            for name, which, label in zip(("tell", "from"), ("Digit", "Other digit"), FIRST_PAIR, strict=True)
        )
    return first, second


def _digits_task(data: Dataset, first: int, second: int) -> Task | None:
    try:
        return cached.two_digits(data.name, first, second)
    except TaskError as error:
        st.info(str(error))
        return None


def _own_task() -> Task | None:
    both: tuple[ClassPictures, ClassPictures]
    both = st.session_state.setdefault(BOTH_CLASSES, (ClassPictures(), ClassPictures()))
    names = []
    for number, column in enumerate(st.columns(2, gap="small")):
        with column:
            names.append(_choose_name(number))
            _show_upload(both[number], number)
    _show_camera(both, names)
    pixels = [pictures.pixels() for pictures in both]
    about = (*names, *(len(of_class) for of_class in pixels), *(pictures.files for pictures in both))
    known = st.session_state.get("transfer own")
    if known is not None and known[0] == about:
        return known[1]
    try:
        task = make_task((names[0], names[1]), pixels, [pictures.names() for pictures in both])
    except TaskError as error:
        st.info(str(error))
        return None
    st.session_state["transfer own"] = (about, task)
    return task


def _choose_name(number: int) -> str:
    return st.text_input(
        f"Class {number + 1}",
        NAMES[number],
        max_chars=30,
        key=f"transfer class {number}",
        placeholder=f"what class {number + 1} is called",
        persist_state="session",
        label_visibility="collapsed",
    )


def _show_upload(pictures: ClassPictures, number: int) -> None:
    """Show the upload of the pictures of one class, and read them if it has changed."""
    files = upload_pictures(
        "Pictures, or a ZIP of them",
        key=f"transfer files {number}/{pictures.version}",
        on_change=setattr,
        args=(pictures, "changed", True),
    )
    if pictures.changed:
        pictures.files, pictures.changed = tuple(file.file_id for file in files), False
        pictures.uploads, pictures.problem = read_uploads(()), ""
        try:
            with st.spinner("Opening the pictures ..."):
                pictures.uploads = read_uploads((file.name, file.getvalue()) for file in files)
        except TaskError as error:
            pictures.problem = str(error)
    if pictures.problem:
        st.warning(pictures.problem)
    for note in pictures.uploads.notes:
        st.caption(f":orange[{note}]")
    _show_count(pictures, number)


def _show_count(pictures: ClassPictures, number: int) -> None:
    count = len(pictures.uploads.names) + len(pictures.photos)
    if not count:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{count} picture{'s' * (count > 1)}", width="content")
        st.button("Remove pictures", key=f"transfer forget {number}", type="tertiary", on_click=_remove, args=(number,))


def _remove(number: int) -> None:
    both = list(st.session_state[BOTH_CLASSES])
    both[number] = ClassPictures(version=both[number].version + 1)
    st.session_state[BOTH_CLASSES] = tuple(both)


def _show_camera(both: tuple[ClassPictures, ClassPictures], names: list[str]) -> None:
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
        args=(both[number or 0],),
    )
    st.caption("Each photo is added when you take it. Press *Clear photo* to take the next one.")


def _keep_photo(pictures: ClassPictures) -> None:
    taken = st.session_state[CAMERA]
    if taken is None or len(pictures.photos) >= MAX_PICTURES:
        return
    try:
        pictures.photos.append(to_square(read_picture(taken.getvalue())))
    except PictureError as error:
        pictures.problem = str(error)
