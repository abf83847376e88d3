"""Upload pictures: chosen, dropped, pasted, or taken with the camera of a phone.

The browser makes large ones smaller before it sends them. What a file is, the server finds by its content.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.digits.pictures import MAX_SIDE
from dashboard.components.picture_intake import IntakeOptions, picture_intake
from dashboard.server.gate import allow_large_files
from dashboard.server.streamlit_internals import uploaded_files
from dashboard.server.uploads import FILE_MEGABYTES, LARGE_FILE_MEGABYTES
from dashboard.widgets.file_upload import note_change, show_lost_files, upload_file

Result = TypeVar("Result")

PICTURES = "image/*,.jfif,.heic,.heif,.avif,.tif,.tiff,.svg,.pdf"  # browsers do not count all of them as images


def upload_picture(label: str, *, key: str, read: Callable[[bytes], Result]) -> Result | None:
    """Draw an upload for one picture; return what `read` makes of its content, None before there is one.

    It stays when the page changes, and is read once. Raises the PictureError that `read` raises.
    """
    with _container(key):
        result = upload_file(label, key=key, read=read)
        _prepare_in_browser(key, FILE_MEGABYTES, PICTURES)
    return result


def upload_pictures(label: str, *, key: str, on_change: Callable[..., None], args: tuple[Any, ...]) -> list[Any]:
    """Draw an upload for many pictures, also in ZIPs; return the files. `on_change` is called with `args`."""
    allow_large_files()
    with _container(key):
        files = st.file_uploader(
            label,
            accept_multiple_files=True,
            key=key,
            max_upload_size=LARGE_FILE_MEGABYTES,
            on_change=_call_if_changed,
            args=(key, on_change, args),
        )
        show_lost_files(key)
        _prepare_in_browser(key, LARGE_FILE_MEGABYTES, f"{PICTURES},.zip")
    return files


def _call_if_changed(key: str, on_change: Callable[..., None], args: tuple[Any, ...]) -> None:
    if note_change(key):
        on_change(*args)


def _container(key: str) -> DeltaGenerator:
    """Return the place of an upload for pictures; its key begins as `frame.css` names it."""
    return st.container(key=f"picture-upload-{key}")


def _prepare_in_browser(key: str, megabytes: int, accept: str) -> None:
    picture_intake(key, IntakeOptions(MAX_SIDE, megabytes * 1024**2, accept, uploaded_files.upload_cookie()))
