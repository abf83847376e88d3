"""Upload one file. It is read once, and stays when the page changes, which empties Streamlit's widget."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import streamlit as st

from dashboard.server.gate import allow_large_files
from dashboard.server.streamlit_internals import uploaded_files
from dashboard.server.uploads import FILE_MEGABYTES, LARGE_FILE_MEGABYTES

Result = TypeVar("Result")

LOST = "The server had no room for some files: choose them again."


def upload_file(
    label: str,
    *,
    key: str,
    read: Callable[[bytes], Result],
    kinds: Sequence[str] | None = None,
    large: bool = False,
) -> Result | None:
    """Draw an upload for one file; return what `read` makes of its content, None while there is no file.

    `kinds` are the endings that the browser offers; `large`: as large as the page takes at all. Raises the ValueError
    that `read` raises, in every run.
    """
    if large:
        allow_large_files()
    most = LARGE_FILE_MEGABYTES if large else FILE_MEGABYTES
    st.file_uploader(label, kinds, key=key, max_upload_size=most, on_change=_keep, args=(key,))
    show_lost_files(key)
    if f"{key}/content" in st.session_state:  # it is kept until it was read to the end, and no longer
        st.session_state[f"{key}/read"] = _try(read, st.session_state[f"{key}/content"])
        del st.session_state[f"{key}/content"]
    result: Any = st.session_state.get(f"{key}/read")
    if isinstance(result, ValueError):
        raise _copy(result)
    return result


def note_change(key: str) -> bool:
    """Note which files an upload holds; return whether the visitor changed that.

    It goes on holding files that the server removed to make room for others.
    """
    chosen = st.session_state[key] or []
    files = chosen if isinstance(chosen, list) else [chosen]
    ids = [file.file_id for file in files]
    changed = ids != st.session_state.get(f"{key}/ids", [])
    st.session_state[f"{key}/ids"] = ids
    if changed:
        st.session_state[f"{key}/lost"] = any(map(uploaded_files.is_removed_file, files))
    return changed


def show_lost_files(key: str) -> None:
    """Say so if an upload holds files that the server removed before they were read."""
    if st.session_state.get(f"{key}/lost"):
        st.warning(LOST)


def _keep(key: str) -> None:
    """Keep the content of a file that the visitor has just chosen until it is read."""
    if not note_change(key):
        return
    for name in ("content", "read"):
        st.session_state.pop(f"{key}/{name}", None)
    file = st.session_state[key]
    if file is not None and not uploaded_files.is_removed_file(file):
        st.session_state[f"{key}/content"] = file.getvalue()


def _try(read: Callable[[bytes], Result], content: bytes) -> Result | ValueError:
    try:
        return read(content)
    except ValueError as error:
        return _copy(error)


def _copy(error: ValueError) -> ValueError:
    """Return the same error without its traceback, which would hold everything the function had."""
    return type(error)(*error.args)
