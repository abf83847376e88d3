"""Choose the classes of pictures: an example, or the visitor's own, one class at a time or all in a ZIP of folders."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.digits.datasets import Dataset
from core.digits.pictures import PictureError, read_picture
from core.transfer.tasks import FEWEST_PICTURES, MAX_CLASSES, MAX_PICTURES, Task, TaskError, make_task, most_pictures
from core.transfer.uploaded_pictures import UploadedPictures, read_class_folders, read_uploads, to_square
from core.visualization.transfer import draw_strip
from dashboard import address
from dashboard.address.links import OWN_PICTURES
from dashboard.server import locks
from dashboard.transfer import cached
from dashboard.widgets.data_set import class_names
from dashboard.widgets.file_upload import upload_file
from dashboard.widgets.picture_upload import upload_pictures
from dashboard.widgets.pictures import show_picture

CAMERA = "transfer camera"  # the key of the camera
CROPS, DIGITS, OWN = "Photographs", "Digits", OWN_PICTURES
ZIP_LABEL = "A ZIP with a folder of pictures for each class"
ONE_BY_ONE, FOLDERS = "one class at a time", "one ZIP with a folder for each class"
FIRST_PAIR = (3, 5)  # digits
TWO, MORE = (8, 300, "{} training pictures, {} held out"), (2, 104, "{} + {}")  # pictures, pixels, caption of a class
NAMES = ("cats", "dogs")
OWN_CLASSES = "transfer own pictures"  # key of all classes' ClassPictures


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

    def pixels(self, most: int) -> NDArray[np.uint8]:
        """Return the first `most` pictures `(N, 224, 224, 3)`, photos from the camera last."""
        return np.concatenate([self.uploads.pixels, *(photo[None] for photo in self.photos)])[:most]

    def names(self, most: int) -> list[str]:
        """Return their names, in the same order."""
        return [*self.uploads.names, *(f"photo {number + 1}" for number in range(len(self.photos)))][:most]


def choose_source() -> str:
    """Draw the choice of where the pictures come from; return the chosen option."""
    return address.segmented_control("pictures", "Pictures", [CROPS, DIGITS, OWN], key="transfer source", wrap=True)


def show_task(source: str, data: Dataset) -> Task | None:
    """Show some pictures of each class and return the task; say what is missing and return None if there is none."""
    labels = _choose_labels(data, shown=source == DIGITS)
    way = address.segmented_control(
        "upload", "Upload", [ONE_BY_ONE, FOLDERS], key="transfer way", shown=source == OWN, wrap=True
    )
    by_class = source == OWN and way == ONE_BY_ONE
    count = address.slider(
        "count", "Number of classes", 2, MAX_CLASSES, 2, key="transfer count", shown=by_class, width=260
    )
    if source == OWN:
        task = _own_task(count) if by_class else _folders_task()
    elif source == DIGITS:
        task = _digits_task(data, labels)
    else:
        task = cached.photographs()
    if task is not None:
        _show_pictures(task)
    return task


def _show_pictures(task: Task) -> None:
    shown, width, caption = TWO if len(task.classes) == 2 else MORE
    about = st.container(key="task-pictures")  # a projector hides it
    place = about.container(horizontal=True, gap="small")
    for label, name in enumerate(task.classes):
        learned = np.flatnonzero((task.labels == label) & ~task.test)
        counts = [int(((task.labels == label) & (task.test == held_out)).sum()) for held_out in (False, True)]
        strip = draw_strip([task.pixels[index] for index in pick_evenly(learned, shown)])
        with place.container(width=width, gap="xsmall"):
            show_picture(strip, f"training pictures of {name}", smooth=True)
            st.caption(f"**{name}**: {caption.format(*counts)}")
    if len(task.classes) > 2:
        about.caption("Training + held-out pictures of each class.")
    for note in task.notes:
        about.caption(note)


def pick_evenly(indices: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Return at most `count` of the indices, evenly spaced from the first to the last."""
    picked: NDArray[np.int64] = indices[np.linspace(0, len(indices) - 1, min(count, len(indices))).astype(int)]
    return picked


def _choose_labels(data: Dataset, *, shown: bool) -> tuple[int, ...]:
    names = class_names(data)
    chosen = address.several_pills(
        "classes",
        "Classes to tell apart",
        range(len(names)),
        FIRST_PAIR,
        key="transfer classes",
        shown=shown,
        wrap=True,
        format_func=names.__getitem__,
    )
    return tuple(sorted(chosen))


def _digits_task(data: Dataset, labels: tuple[int, ...]) -> Task | None:
    try:
        return cached.digits(data.name, labels)
    except TaskError as error:
        st.info(str(error))
        return None


def _own_task(count: int) -> Task | None:
    held: list[ClassPictures] = st.session_state.setdefault(OWN_CLASSES, [ClassPictures() for _ in range(MAX_CLASSES)])
    classes, most = held[:count], most_pictures(count)
    names = []
    for start in range(0, count, 2):
        for number, column in zip(range(start, min(start + 2, count)), st.columns(2, gap="small"), strict=False):
            with column:
                names.append(_choose_name(number))
                _show_upload(classes[number], number, most)
    _show_camera(classes, names)
    pixels = [pictures.pixels(most) for pictures in classes]
    about = (*names, *(len(of_class) for of_class in pixels), *(pictures.files for pictures in classes))
    known = st.session_state.get("transfer own")
    if known is not None and known[0] == about:
        return known[1]
    try:
        task = make_task(names, pixels, [pictures.names(most) for pictures in classes])
    except TaskError as error:
        st.info(str(error))
        return None
    st.session_state["transfer own"] = (about, task)
    return task


def _folders_task() -> Task | None:
    """Draw the upload of a ZIP whose folders are the classes; return the task, None while there is none."""
    try:
        task = upload_file(ZIP_LABEL, key="transfer folders", read=_read_folders, kinds=("zip",), large=True)
    except TaskError as error:
        st.warning(str(error))
        return None
    if task is None:
        st.info(f"Each folder's name is the name of a class. Put at least {FEWEST_PICTURES} pictures in each.")
    return task


def _read_folders(content: bytes) -> Task:
    with st.spinner("Opening the pictures ..."), locks.UPLOADED_SET:
        folders = read_class_folders(content)
        read = folders.values()
        task = make_task(list(folders), [one.pixels for one in read], [one.names for one in read])
    return replace(task, notes=(*task.notes, *(f"{name}: {note}" for name in folders for note in folders[name].notes)))


def _choose_name(number: int) -> str:
    return st.text_input(
        f"Class {number + 1}",
        NAMES[number] if number < len(NAMES) else "",
        max_chars=30,
        key=f"transfer class {number}",
        placeholder=f"what class {number + 1} is called",
        persist_state="session",
        label_visibility="collapsed",
    )


def _show_upload(pictures: ClassPictures, number: int, most: int) -> None:
    """Show the upload of the pictures of one class, and read at most `most` of them if it has changed."""
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
                pictures.uploads = read_uploads(((file.name, file.getvalue()) for file in files), most)
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
    classes: list[ClassPictures] = st.session_state[OWN_CLASSES]
    classes[number] = ClassPictures(version=classes[number].version + 1)


def _show_camera(classes: Sequence[ClassPictures], names: list[str]) -> None:
    if not st.toggle("Take photos with the camera", key="transfer camera on"):
        return
    number = st.segmented_control(
        "The next photo is of class",
        range(len(names)),
        default=0,
        key=f"transfer camera class {len(names)}",
        required=True,
        format_func=lambda one: names[one] or f"class {one + 1}",
    )
    st.camera_input(
        "Photo",
        key=CAMERA,
        label_visibility="collapsed",
        on_change=_keep_photo,
        args=(classes[number or 0],),
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
