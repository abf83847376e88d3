"""The view "Your own": upload pictures as a set, see what was found and what it costs, keep it, delete it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

import dashboard
from core.digits.datasets import Dataset
from core.digits.own_sets.labelled import LabelledPictures
from core.digits.own_sets.limits import MAX_CLASS_NAME, OwnSetError
from core.digits.own_sets.reading import read_own_files
from core.digits.own_sets.shrinking import Fit, is_on_light
from core.digits.own_sets.splitting import make_dataset
from core.jobs.own_sets import MAX_SETS
from core.system.safe_names import to_safe_name
from core.visualization import arrays
from core.visualization.gallery import GalleryItem, draw_gallery
from dashboard.data_sets import cost
from dashboard.server import caches, locks, own_sets
from dashboard.server.caches import Zoo
from dashboard.server.gate import allow_large_files
from dashboard.server.session import Session
from dashboard.server.uploads import LARGE_FILE_MEGABYTES
from dashboard.widgets.file_upload import note_change, show_lost_files
from dashboard.widgets.jobs import attempt, show_problem
from dashboard.widgets.privacy import show_privacy
from dashboard.widgets.texts import read_note

UPLOAD, KEPT = "own set", "own set kept"
VERSION = "own set version"  # how many were kept: only a new upload widget starts empty
MAX_PICTURES = 20_000  # here; the command line takes more
PREVIEW = 9  # of each class, in three rows
MAX_SEED = 9999
FITS: dict[Fit, str] = {"whole": "whole picture", "crop": "middle square"}
INVERT_HELP = "Networks here expect bright ink on black."
INVERSIONS = {"automatic": None, "yes": True, "no": False}


@dataclass(frozen=True)
class Upload:
    """What was read of the visitor's files; they are read again when the way to shrink them changes."""

    read: tuple[Any, ...] = ()
    """The ids of the files, and the way."""
    name: str = ""
    found: LabelledPictures | None = None
    problem: str = ""


def show_own(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show the upload, what was found in it, and the sets that the visitor keeps."""
    if title := st.session_state.pop(KEPT, None):
        st.success(read_note("data_sets", "Kept").format(title=title))
    upload = _upload()
    if upload.problem:
        st.warning(upload.problem)
    if upload.found is None:
        st.markdown("**Bring your own pictures, and train a network on them.**")
        st.markdown(read_note("data_sets", "Formats").format(most=MAX_PICTURES, megabytes=LARGE_FILE_MEGABYTES))
    else:
        _show_found(upload.name, upload.found)
    _show_kept()
    show_problem()
    show_privacy()


def _upload() -> Upload:
    """Draw the upload and the way to shrink; return what was read."""
    allow_large_files()
    place, way = st.columns([3, 2], gap="medium")
    upload: Upload = st.session_state.get(UPLOAD, Upload())
    with place:
        chosen = st.file_uploader(
            "A ZIP of folders, IDX, CSV, NPZ or Parquet",
            accept_multiple_files=True,
            key=upload_key(),
            max_upload_size=LARGE_FILE_MEGABYTES,
            on_change=_note,
        )
        show_lost_files(upload_key())
    fit = way.segmented_control(
        "Pictures of another size",
        list(FITS),
        default="whole",
        key="own set fit",
        persist_state="session",
        required=True,
        disabled=not chosen and upload.found is not None,  # shrinking again needs the files
        format_func=FITS.__getitem__,
    )
    key = (*(file.file_id for file in chosen), fit)
    if chosen and upload.read != key:
        upload = _read([(file.name, file.getvalue()) for file in chosen], key, fit or "whole")
        st.session_state[UPLOAD] = upload
    return upload


def upload_key() -> str:
    """Return the key of the upload."""
    return f"own set files {st.session_state.get(VERSION, 0)}"


def _note() -> None:
    """Forget what was read when the visitor removes the files; a change of page, which empties the widget, does not."""
    if note_change(upload_key()):
        st.session_state.pop(UPLOAD, None)


def _read(chosen: list[tuple[str, bytes]], key: tuple[Any, ...], fit: Fit) -> Upload:
    name = to_safe_name(chosen[0][0].split(".")[0], MAX_CLASS_NAME) or "My set"
    try:
        with st.spinner("Reading the pictures ..."), locks.UPLOADED_SET:
            found = read_own_files(chosen, fit, MAX_PICTURES)
    except OwnSetError as error:
        return Upload(key, problem=str(error))
    return Upload(key, name, found)


def _show_found(name: str, found: LabelledPictures) -> None:
    """Show what was found, the choices, the cost, and the button that keeps the set."""
    st.markdown(f"**{describe(found)}**")
    for note in found.notes:
        st.caption(f":orange[{note}]")
    row = st.container(horizontal=True, vertical_alignment="bottom")
    with row:
        invert, seed = _choose()
    try:
        dataset = make_dataset(found, name, invert=invert, seed=seed)
    except OwnSetError as error:
        st.warning(str(error))
        return
    with row:
        title = st.text_input("Name of the set", name, max_chars=MAX_CLASS_NAME, key="own set title", width=220)
        st.button("Keep", type="primary", key="own set keep", on_click=attempt, args=(_keep, dataset, title))
    light = is_on_light(found.pixels)
    border = "The border is light, so the pictures are inverted. " if light else "The border is dark: not inverted. "
    st.caption((border if invert is None else "") + cost.describe_cost(dataset))
    _show_preview(found, light if invert is None else invert)


def describe(found: LabelledPictures) -> str:
    """Return a sentence: how many pictures of which classes, and how many are equal to another one."""
    counts = found.count()
    each = f"{counts[0]:,} of each" if len(set(counts)) == 1 else f"{min(counts):,} to {max(counts):,} of each"
    sentence = (
        f"{found.kind[0].upper()}{found.kind[1:]}: {len(found.pixels):,} pictures in {len(counts)} classes, {each}."
    )
    if found.held_out.any():
        sentence += f" The files hold out {int(found.held_out.sum()):,} of them as a test."
    copies = found.count_copies()
    return sentence + (f" {copies:,} pictures are equal to another one: remove them first." if copies else "")


def _choose() -> tuple[bool | None, int]:
    """Draw the choices; return whether pictures are inverted (None: by their border), and the seed of the split."""
    chosen = st.segmented_control(
        "Invert",
        list(INVERSIONS),
        default="automatic",
        key="own set invert",
        persist_state="session",
        required=True,
        help=INVERT_HELP,
    )
    seed = st.number_input("Seed of the split", 0, MAX_SEED, 0, key="own set seed", persist_state="session", width=150)
    return INVERSIONS[chosen or "automatic"], int(seed)


def _show_preview(found: LabelledPictures, inverted: bool) -> None:
    items = []
    for label, (name, count) in enumerate(zip(found.classes, found.count(), strict=True)):
        few = found.pixels[np.flatnonzero(found.labels == label)[:PREVIEW]]
        shown = [(255 - one if inverted else one) / np.float32(255) for one in few]
        items.append(GalleryItem(arrays.contact_sheet(shown, 3, factor=1), f"{name} · {count:,}"))
    st.html(draw_gallery(items, min_width=150, css_class="ns-set"))


def _keep(dataset: Dataset, title: str) -> None:
    """Keep the set and forget the upload. Raises OwnSetError, JobError and OSError."""
    if UPLOAD not in st.session_state:  # the second of two fast clicks
        return
    name = to_safe_name(title, MAX_CLASS_NAME) or dataset.name
    own_sets.keep(dataset, name)
    st.session_state[KEPT] = name
    st.session_state[VERSION] = st.session_state.get(VERSION, 0) + 1
    st.session_state.pop(UPLOAD, None)


def _delete(name: str) -> None:
    """Delete a set, also from memory. Raises OwnSetError and JobError."""
    own_sets.delete(name)
    caches.forget_set(name)


def _show_kept() -> None:
    """List the sets that the visitor keeps, each with a button that deletes it."""
    titles = own_sets.list_titles()
    if not titles:
        return
    st.markdown(f"**Your sets ({len(titles)} of {MAX_SETS})**")
    for name, title in titles.items():
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(title, width="content")
            st.button("Delete", key=f"own set delete {name}", on_click=attempt, args=(_delete, name))
    st.page_link(dashboard.file_of("train"), label="Train a network on one of them")
