"""Upload one file. It is read once, and stays when the page changes, which empties Streamlit's widget."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import streamlit as st

from dashboard.server.uploads import FILE_MEGABYTES

Result = TypeVar("Result")


def upload_file(
    label: str, *, key: str, read: Callable[[bytes], Result], kinds: Sequence[str] | None = None
) -> Result | None:
    """Draw an upload for one file; return what `read` makes of its content, None while there is no file.

    `kinds` are the endings that the browser offers. Raises the ValueError that `read` raises, in every run.
    """
    st.file_uploader(label, kinds, key=key, max_upload_size=FILE_MEGABYTES, on_change=_keep, args=(key,))
    content: bytes | None = st.session_state.get(f"{key}/content")
    return None if content is None else _read_once(f"{key}/read", content, read)


def _keep(key: str) -> None:
    """Keep the content of the file that the visitor chose; None after they removed it."""
    file = st.session_state[key]
    st.session_state[f"{key}/content"] = None if file is None else file.getvalue()
    st.session_state.pop(f"{key}/read", None)


def _read_once(name: str, content: bytes, read: Callable[[bytes], Result]) -> Result:
    if name not in st.session_state:
        st.session_state[name] = _try(read, content)
    result: Any = st.session_state[name]
    if isinstance(result, ValueError):
        raise _copy(result)
    return result


def _try(read: Callable[[bytes], Result], content: bytes) -> Result | ValueError:
    try:
        return read(content)
    except ValueError as error:
        return _copy(error)


def _copy(error: ValueError) -> ValueError:
    """Return the same error without its traceback, which would hold everything the function had."""
    return type(error)(*error.args)
