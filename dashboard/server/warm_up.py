"""What the first visitor would wait for is loaded when the server starts: PyTorch, the digits, the networks."""

import logging
import threading
from importlib import import_module

from dashboard.server.streamlit_internals import web_server

FIRST_MODULES = ("shell.page", "start", "compare")


def start() -> None:
    """Load in a thread of its own, once the server answers."""
    threading.Thread(target=_load, name="warm-up", daemon=True).start()


def _load() -> None:
    try:
        web_server.wait_for_server()
        _load_first_pages()
    except Exception:  # pages load what they need themselves, and say what is wrong
        logging.getLogger(__name__).exception("Not everything could be loaded beforehand.")


def _load_first_pages() -> None:
    """Compute what the page Start shows at first. Imports here, since PyTorch takes seconds."""
    from core.pmnist.masks import cut_mask
    from dashboard.server import caches
    from dashboard.server.scene import DEFAULT_NETWORKS, START_CUT, START_SAMPLE

    for name in FIRST_MODULES:
        import_module(f"dashboard.{name}")
    caches.shipped_zoo()
    data = caches.default_dataset()
    digit = data.test.images(slice(START_SAMPLE, START_SAMPLE + 1))[0, 0].numpy()
    caches.readings(DEFAULT_NETWORKS, data.name, digit, cut_mask(START_CUT).numpy())
