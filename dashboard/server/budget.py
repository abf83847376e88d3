"""How long a page may compute: what takes longer is ended, and the page says so.

What counts is the processor time of the run's own thread, so that nobody's time passes while others compute.
"""

import threading
import time

import streamlit as st

from dashboard.server import streamlit_internals

MAX_TIME = 60.0  # seconds of a run of a page or a fragment
MAX_PART_TIME = 900.0  # seconds of one part of work that shows how far it is, and that the visitor can stop
TOO_LONG = (
    "This computation took too long and was stopped, since all users share this machine. Choose fewer digits or a "
    "smaller network."
)

_current = threading.local()  # of each thread: `run`, and the processor time at which it `ends`


def check() -> None:
    """End the run in this thread after a sentence on its page, if its time is over; do nothing in other threads."""
    if _is_known() and time.thread_time() > _current.ends:
        st.error(TOO_LONG)
        st.stop()


def begin_part() -> None:
    """Give the run in this thread the time for one more part of work that shows how far it is."""
    if _is_known():
        _current.ends = time.thread_time() + MAX_PART_TIME


def _is_known() -> bool:
    """Return whether a run computes in this thread; a new one begins with the time of a run."""
    run = streamlit_internals.get_run()
    if run is not None and run is not getattr(_current, "run", None):
        _current.run, _current.ends = run, time.thread_time() + MAX_TIME
    return run is not None
