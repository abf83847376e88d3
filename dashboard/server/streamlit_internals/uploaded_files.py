"""Uploaded files."""

import re
from typing import Any

from dashboard.server.streamlit_internals.guard import unless_changed
from dashboard.server.uploads import Held

UPLOAD = re.compile("/_stcore/upload_file/([^/]+)/[^/]+$")
"""The path to which a browser sends a file; the group is its session."""


@unless_changed("")
def upload_cookie() -> str:
    """Return the name of the cookie without which the server refuses uploads; "" if it needs none."""
    from streamlit import get_option
    from streamlit.web.server.starlette.starlette_server_config import XSRF_COOKIE_NAME

    return XSRF_COOKIE_NAME if get_option("server.enableXsrfProtection") else ""


@unless_changed(dict[str, Held]())
def list_uploaded_files() -> dict[str, Held]:
    """Return the uploaded files of each session, also of those whose tab is closed: they are kept for a while.

    Call it in the server's loop, which alone adds files.
    """
    from streamlit import runtime

    server: Any = runtime.get_instance()
    stored = server.uploaded_file_mgr.file_storage
    clients = {info.session.id: info.client for info in server._session_mgr.list_active_sessions()}
    return {
        session: Held(
            clients[session].client_context.remote_ip or "" if session in clients else None,
            {name: len(file.data) for name, file in list(stored.get(session, {}).items())},
        )
        for session in {**clients, **stored}
    }


@unless_changed(None)
def remove_uploaded_file(session: str, file: str) -> None:
    """Forget an uploaded file: its widget shows it no more at the next run."""
    from streamlit import runtime

    manager: Any = runtime.get_instance().uploaded_file_mgr
    manager.remove_file(session, file)


@unless_changed(False)
def is_removed_file(file: Any) -> bool:
    """Say whether an upload's file, as `st.session_state` has it, is no longer on the server.

    Streamlit has no public name for such a file; not requested upstream as far as we know.
    """
    from streamlit.runtime.uploaded_file_manager import DeletedFile

    return isinstance(file, DeletedFile)
