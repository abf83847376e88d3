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
from dashboard.server import budget, memory, visitors
from dashboard.server.gate import Gate
from dashboard.server.page_turns import PageTurns
from dashboard.server.streamlit_internals import (
    schedule,
    script_runs,
    sent_messages,
    spared_work,
    web_server,
    widget_values,
)

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
    interrupts.install(script_runs.end_closed_run)
    interrupts.install(budget.check)
    web_server.send_answers_at_once()
    sent_messages.keep_undelivered_messages()
    schedule.let_fragments_answer()
    schedule.deliver_ends_of_runs()
    sent_messages.send_beginnings_with_elements()
    sent_messages.keep_units_beside_numbers()
    spared_work.describe_themes_once()
    spared_work.name_arguments_once()
    widget_values.ignore_forged_values()
    widget_values.read_widgets_at_once()
    web_server.put_before_server(Gate())
    turns = PageTurns()
    interrupts.install(turns.pause)
    schedule.put_around_runs(turns.take, turns.pause)
    old_runs.make_private(visitors.to_id)
    gc.set_threshold(10_000)  # new objects: a stroke's end makes several thousand, and most are gone after it
    gc.freeze()  # the 600 ms of a full collection are spent on imported modules, which are never garbage
    threading.Thread(target=_give_memory_back, name="memory", daemon=True).start()


def _give_memory_back() -> None:
    """Forget closed sessions, collect garbage and old rooms now and then, return to the system what nobody uses."""
    for number in count(1):
        time.sleep(TIDY_EVERY)
        web_server.forget_closed_sessions()
        if number % (COLLECT_EVERY // TIDY_EVERY) == 0:
            from dashboard.server import rooms  # here: it takes a second to import

            rooms.remove_outdated()
            gc.collect()
        memory.give_back()
