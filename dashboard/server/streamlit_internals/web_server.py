"""Streamlit's server: its sockets, its start, what it is asked, and the sessions that it keeps."""

import os
import socket
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any

from dashboard.server.streamlit_internals.guard import unless_changed

Middleware = Callable[..., Awaitable[None]]


def send_answers_at_once() -> None:
    """Switch off Nagle's algorithm (set TCP_NODELAY) on the sockets that listen for browsers.

    Otherwise an answer waits until the browser has confirmed the one before, up to 40 ms. Streamlit hands its server a
    listening socket for which Python does not do this (https://github.com/Kludex/uvicorn/issues/3149). Connections
    inherit the option from the socket that accepts them. Nothing happens on systems without /dev/fd.
    """
    for number in os.listdir("/dev/fd") if os.path.isdir("/dev/fd") else ():
        with suppress(OSError):  # it is no socket, or was closed meanwhile
            found = socket.socket(fileno=int(number))
            try:
                if _listens(found):
                    found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            finally:
                found.detach()  # it stays open


def _listens(found: socket.socket) -> bool:
    """Return whether this is a listening TCP socket."""
    is_tcp = found.family in (socket.AF_INET, socket.AF_INET6) and found.type == socket.SOCK_STREAM
    return is_tcp and bool(found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))


@unless_changed(None)
def wait_for_server() -> None:
    """Return once Streamlit's server runs in this process; it does not say so itself."""
    from streamlit import runtime

    while not runtime.exists():
        time.sleep(0.05)


@unless_changed(None)
def put_before_server(gate: Middleware) -> None:
    """Give what the running server is asked to `gate(serve, scope, receive, send)`, which may pass it on to `serve`.

    `st.App` takes middleware, but its script must then be another file than the one that is run, and AppTest does not
    know it (https://docs.streamlit.io/develop/api-reference/configuration/st.app). Later calls do nothing.
    """
    from starlette.applications import Starlette

    serve = Starlette.__call__
    if hasattr(serve, "gate"):
        return

    async def call(self: Any, scope: Any, receive: Any, send: Any) -> None:
        await gate(partial(serve, self), scope, receive, send)

    setattr(call, "gate", gate)  # noqa: B010 (to mypy it is a function)
    setattr(Starlette, "__call__", call)  # noqa: B010


@unless_changed(None)
def forget_closed_sessions() -> None:
    """Drop the sessions whose time to come back is over, and the uploaded files of all that are gone.

    Streamlit drops such a session, and with it its memory, only when another one comes or goes.
    """
    from streamlit import runtime

    if not runtime.exists():
        return
    server: Any = runtime.get_instance()
    manager, sessions = server.uploaded_file_mgr, server._session_mgr

    def forget() -> None:
        len(sessions._session_storage._cache)  # of cachetools: counting drops what has expired
        known = {info.session.id for info in sessions.list_sessions()}
        for session in set(manager.file_storage) - known:
            manager.remove_session_files(session)

    server._get_async_objs().eventloop.call_soon_threadsafe(forget)
