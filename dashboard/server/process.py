"""Set-up of the process that serves all visitors: one torch thread, answers sent at once, rare garbage collections."""

import gc
import threading
import time
from functools import cache

import torch

from dashboard.server import streamlit_internals

COLLECT_EVERY = 300.0  # seconds between full garbage collections; see postScriptGC in .streamlit/config.toml


@cache
def prepare_once() -> None:
    """Prepare this process for many visitors; later calls do nothing."""
    torch.set_num_threads(1)
    streamlit_internals.send_answers_at_once()
    streamlit_internals.keep_undelivered_messages()
    gc.freeze()  # the 600 ms of a full collection are spent on imported modules, which are never garbage
    threading.Thread(target=_collect_garbage, name="garbage collector", daemon=True).start()


def _collect_garbage() -> None:
    while True:
        time.sleep(COLLECT_EVERY)
        gc.collect()
