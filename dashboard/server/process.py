"""The process that serves everyone: one torch thread, answers sent at once, rare garbage collections."""

from __future__ import annotations

import gc
import os
import socket
import stat
import threading
import time
from contextlib import suppress
from functools import cache

import torch
from streamlit import config
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

CLEAR = ForwardMsgQueue.clear
COLLECT_EVERY = 300.0  # seconds between full garbage collections; see postScriptGC in .streamlit/config.toml


@cache
def prepare_once() -> threading.Thread:
    """Prepare this process for serving many; return the thread that collects its garbage."""
    torch.set_num_threads(1)
    send_at_once()
    remember_settings()
    deliver_all()
    gc.freeze()
    thread = threading.Thread(target=_collect_for_ever, name="garbage collector", daemon=True)
    thread.start()
    return thread


def send_at_once() -> None:
    """Let no answer wait for the confirmation of the one before, which takes a browser up to 40 ms (Nagle).

    Streamlit leaves that on. Connections inherit the option from the socket that accepts them.
    """
    for number in os.listdir("/dev/fd") if os.path.isdir("/dev/fd") else ():
        with suppress(OSError):
            if not stat.S_ISSOCK(os.fstat(int(number)).st_mode):
                continue  # its copy could not be wrapped, and would stay open
            with socket.fromfd(int(number), socket.AF_INET, socket.SOCK_STREAM) as connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def remember_settings() -> None:
    """Let Streamlit look for the theme among all its settings once, not six times at the start of every run.

    That was a tenth of what an answer to a stroke costs, and settings do not change while the server runs.
    """
    setattr(config, "get_options_for_section", cache(config.get_options_for_section))  # noqa: B010, a function to mypy


def deliver_all() -> None:
    """Let the run of a fragment drop nothing that is on its way to the browser.

    Streamlit drops what the same fragment has sent before. With it goes the block in which the fragment stands, and
    what follows that has no place any more: the browser shows an empty page. So it went for those who drew while the
    page was still loading.
    """
    setattr(ForwardMsgQueue, "clear", _clear)  # noqa: B010, a function to mypy


def _clear(
    queue: ForwardMsgQueue, retain_lifecycle_msgs: bool = False, fragment_ids_this_run: list[str] | None = None
) -> None:
    CLEAR(queue, retain_lifecycle_msgs, None if fragment_ids_this_run is None else [])


def _collect_for_ever() -> None:
    while True:
        time.sleep(COLLECT_EVERY)
        gc.collect()
