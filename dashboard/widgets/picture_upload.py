"""Upload pictures: chosen, dropped, pasted, or taken with the camera of a phone.

The browser makes large ones smaller before it sends them. What a file is, the server finds by its content.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import streamlit as st

from core.digits.pictures import MAX_SIDE, PictureError
from dashboard.components.picture_intake import IntakeOptions, picture_intake
from dashboard.server import streamlit_internals
from dashboard.server.gate import allow_large_files
from dashboard.server.uploads import FILE_MEGABYTES, LARGE_FILE_MEGABYTES

Result = TypeVar("Result")

PICTURES = "image/*,.jfif,.heic,.heif,.avif,.tif,.tiff,.svg,.pdf"  # browsers do not count all of them as images


def upload_picture(label: str, *, key: str) -> bytes | None:
    """Draw an upload for one picture; return its content, None before there is one."""
    file = st.file_uploader(label, key=key, max_upload_size=FILE_MEGABYTES)
    _prepare_in_browser(key, FILE_MEGABYTES, PICTURES)
    return None if file is None else file.getvalue()


def upload_pictures(label: str, *, key: str, on_change: Callable[..., None], args: tuple[Any, ...]) -> list[Any]:
    """Draw an upload for many pictures, also in ZIPs; return the files. `on_change` is called with `args`."""
    allow_large_files()
    files = st.file_uploader(
        label,
        accept_multiple_files=True,
        key=key,
        max_upload_size=LARGE_FILE_MEGABYTES,
        on_change=on_change,
        args=args,
    )
    _prepare_in_browser(key, LARGE_FILE_MEGABYTES, f"{PICTURES},.zip")
    return files


def read_once(key: str, content: bytes, read: Callable[[bytes], Result]) -> Result:
    """Return `read(content)`, which this tab computes only once for the picture uploaded last. Raises PictureError."""
    held: tuple[bytes, Result | PictureError] | None = st.session_state.get(f"{key}/read")
    if held is None or held[0] != content:
        try:
            held = content, read(content)
        except PictureError as error:
            held = content, error
        st.session_state[f"{key}/read"] = held
    if isinstance(held[1], PictureError):
        raise PictureError(str(held[1]))
    return held[1]


def _prepare_in_browser(key: str, megabytes: int, accept: str) -> None:
    picture_intake(key, IntakeOptions(MAX_SIDE, megabytes * 1024**2, accept, streamlit_internals.upload_cookie()))
