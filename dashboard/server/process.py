"""Set-up of the process that serves all visitors: one torch thread, answers sent at once, little memory kept."""

import gc
import sys
import threading
import time
from functools import cache
from itertools import count

import cv2
import torch

from core.jobs import old_runs
from core.system import interrupts
from dashboard.server import budget, memory, streamlit_internals, visitors
from dashboard.server.gate import Gate
from dashboard.server.page_turns import PageTurns

# Reading a digit takes the interpreter a hundred times, and each time waits so long for whoever computes beside it.
SWITCH_INTERVAL = 0.0005  # seconds; 0.005 is Python's own
TIDY_EVERY = 30.0  # seconds between two looks for sessions that are gone
# Seconds between full garbage collections, see postScriptGC in .streamlit/config.toml; then old rooms are deleted, too.
COLLECT_EVERY = 300.0


@cache
def prepare_once() -> None:
    """Prepare this process for many visitors; later calls do nothing."""
    sys.setswitchinterval(SWITCH_INTERVAL)
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    memory.keep_little()
    interrupts.install(streamlit_internals.end_closed_run)
    interrupts.install(budget.check)
    streamlit_internals.send_answers_at_once()
    streamlit_internals.keep_undelivered_messages()
    streamlit_internals.let_fragments_answer()
    streamlit_internals.deliver_ends_of_runs()
    streamlit_internals.send_beginnings_with_elements()
    streamlit_internals.keep_units_beside_numbers()
    streamlit_internals.describe_themes_once()
    streamlit_internals.name_arguments_once()
    streamlit_internals.ignore_forged_values()
    streamlit_internals.read_widgets_at_once()
    streamlit_internals.put_before_server(Gate())
    turns = PageTurns()
    interrupts.install(turns.pause)
    streamlit_internals.put_around_runs(turns.take, turns.pause)
    old_runs.make_private(visitors.to_id)
    gc.set_threshold(10_000)  # new objects: a stroke's end makes several thousand, and most are gone after it
    gc.freeze()  # the 600 ms of a full collection are spent on imported modules, which are never garbage
    threading.Thread(target=_give_memory_back, name="memory", daemon=True).start()


def _give_memory_back() -> None:
    """Forget closed sessions, collect garbage and old rooms now and then, return to the system what nobody uses."""
    for number in count(1):
        time.sleep(TIDY_EVERY)
        streamlit_internals.forget_closed_sessions()
        if number % (COLLECT_EVERY // TIDY_EVERY) == 0:
            from dashboard.server import rooms  # here: it takes a second to import

            rooms.remove_outdated()
            gc.collect()
        memory.give_back()
