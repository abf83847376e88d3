"""How long a page may compute: what takes longer is ended, and the page says so.

What counts is the processor time of the run's own thread and the time for which other processes work for it, so that
nobody's time passes while others compute. Long before that, a run that computes gives way to all others.
"""

import math
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from core.system import interrupts
from dashboard.server.streamlit_internals import script_runs

MAX_TIME = 60.0  # seconds of a run of a page or a fragment
MAX_URGENT_TIME = 0.3  # seconds after which a run gives way; the bars of a stroke take a tenth of that
NICENESS = 15  # of 19: of a thread that has given way
MAX_PART_TIME = 900.0  # seconds of one part of work that shows how far it is, and that the visitor can stop
TOO_LONG = (
    "This computation took too long and was stopped, since all users share this machine. Choose fewer digits or a "
    "smaller network."
)

_current = threading.local()  # of each thread: `run`, and the processor times at which it gives way and `ends`


def check() -> None:
    """End the run in this thread after a sentence on its page, if its time is over; do nothing in other threads."""
    if not _note_run():
        return
    now = interrupts.thread_time()
    if now > _current.urgent_until:
        give_way()
    if now > _current.ends:
        st.error(TOO_LONG)
        st.stop()


def give_way() -> None:
    """Give this thread a low priority until it ends, so that strokes are answered first; only Linux can."""
    # A new thread inherits the main thread's. No thread can take a higher one: Streamlit's live for a run or a few.
    _current.urgent_until = math.inf
    if sys.platform == "linux" and threading.current_thread() is not threading.main_thread():
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


@contextmanager
def part() -> Iterator[None]:
    """Give the run in this thread the time of one part of work; afterwards it has what it had left before."""
    if not _note_run():
        yield
        return
    left = _current.ends - interrupts.thread_time()
    _current.ends = interrupts.thread_time() + MAX_PART_TIME
    try:
        yield
    finally:
        _current.ends = interrupts.thread_time() + left


def _note_run() -> bool:
    """Note which run computes in this thread, a new one with the time of a run; return whether there is one."""
    run = script_runs.get_run()
    if run is not None and run is not getattr(_current, "run", None):
        now = interrupts.thread_time()
        _current.run, _current.urgent_until, _current.ends = run, now + MAX_URGENT_TIME, now + MAX_TIME
    return run is not None
