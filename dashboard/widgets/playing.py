"""Play any generator of records in a page: a worker thread for each run, which never calls Streamlit, and a player."""

import logging
import threading
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any, Generic, TypeVar

import streamlit as st

from core.system import interrupts
from dashboard.components.player import Frame, Look, player
from dashboard.server.streamlit_internals.script_runs import watch_connection
from dashboard.widgets.recorded_runs import RecordedRun

POLL = 0.25  # seconds between two checks for new frames; BETWEEN_CHUNKS in player.js
FIRST = 0.1  # seconds that a page waits at most for the first frames, to show them with the answer to the click
AHEAD = 8  # first frames to wait for: they last until the first check
GRACE = 30.0  # seconds that a run waits for a visitor who is disconnected (a phone in a pocket) before it ends
MAX_BYTES = 32 * 2**20  # of the pictures of one run in the browser: 4,200 sheets of ten digits
Step = TypeVar("Step")
Conclude = Callable[[Sequence[Frame]], str]
"""Returns a sentence about the frames of a run so far, at least one."""


class Run(Generic[Step]):
    """A generator that a thread of its own consumes; its frames stay when it ends.

    It begins when the run `after` which it comes has ended: both may write to the same results.
    """

    def __init__(
        self,
        make_steps: Callable[[], Iterator[Step]],
        to_frame: Callable[[Step], Frame],
        *,
        about: Hashable = None,
        is_wanted: Callable[[], bool] = lambda: True,
        after: "Run[Step] | None" = None,
    ) -> None:
        self.name, self.about = str(time.time_ns()), about
        self.frames: list[Frame] = []
        self.problem, self.finished = "", False
        self.begun, self._stopped = threading.Event(), threading.Event()
        self._make_steps, self._to_frame, self._is_wanted = make_steps, to_frame, is_wanted
        self._thread = threading.Thread(target=self._work, args=(after,), name="player's run", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the run after its current step and close the generator."""
        self._stopped.set()

    def _work(self, after: "Run[Step] | None") -> None:
        if after is not None:
            after._thread.join()
        try:
            self._drain()
        except Exception as error:  # any fault becomes a sentence, and the frames so far stay
            logging.getLogger(__name__).exception("a run stopped")
            self.problem = f"It stopped after {len(self.frames)} frames: {error}"
        self.finished = True
        self.begun.set()

    def _drain(self) -> None:
        steps = self._make_steps()
        try:
            for step in steps:
                interrupts.check()
                self._keep(self._to_frame(step))
                if self._is_over():
                    return
        finally:
            getattr(steps, "close", lambda: None)()

    def _is_over(self) -> bool:
        """Wait while the visitor is disconnected; return whether the run was stopped or they did not come back."""
        end = time.monotonic() + GRACE
        while not (wanted := self._is_wanted()) and time.monotonic() < end:
            if self._stopped.wait(POLL):
                break
        return self._stopped.is_set() or not wanted

    def _keep(self, frame: Frame) -> None:
        first = (self.frames or [frame])[0]
        if frame.shape != first.shape:
            raise ValueError(f"a picture of {frame.shape} came after one of {first.shape}.")
        if (len(self.frames) + 1) * frame.size > MAX_BYTES:
            raise ValueError(f"more than {MAX_BYTES >> 20} MB of pictures are not kept.")
        self.frames.append(frame)
        if len(self.frames) == AHEAD:
            self.begun.set()


def play(
    make_steps: Callable[[], Iterator[Step]],
    to_frame: Callable[[Step], Frame],
    *,
    key: str,
    look: Look,
    total: int | None = None,
    about: Hashable = None,
    start: str = "Start",
    at_once: bool = False,
    recorded: RecordedRun | None = None,
    conclude: Conclude | None = None,
    again: bool = True,
) -> None:
    """Draw a start and a stop button, and play the generator's records as soon as they are there.

    Both functions run in a thread, so they must not call Streamlit. `about` is what they depend on: a run with another
    `about` is stopped and dropped. `total` is the final number of steps, if it is known. With
    `at_once` a run begins without a click wherever there is none; until there is one, `recorded` is played. The
    sentence that `conclude` returns about the frames so far stands above the player. Once a run has ended, the start
    button says "again", unless `again` is False because the run shown was not computed here.
    """
    _drop_other(key, about)
    run: Run[Step] | None = st.session_state.get(f"{key}/run")

    def begin() -> None:
        st.session_state[f"{key}/run"] = Run(
            make_steps, to_frame, about=about, is_wanted=watch_connection(), after=_drop(key)
        )

    if at_once and run is None:
        begin()
        run = st.session_state[f"{key}/run"]
    polling = run is not None and not (run.begun.wait(FIRST) and run.finished)
    label = f"{start} again" if again and run is not None and not polling else start
    shown = recorded if run is None else None
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(label, key=f"{key}/start", type="primary", on_click=begin)
        # Outside the fragment, or the click would wait for it.
        st.button("Stop", key=f"{key}/stop", disabled=not polling, on_click=run.stop if run is not None else None)
        if shown is not None:  # beside the buttons: below them it would push the pictures off a small screen
            own = f"*{start}* starts a new run with your settings."
            st.caption("A recorded run with the default settings.", help=own, width="content")
    if shown is not None:
        _say(conclude, shown.frames)
        player(shown.frames, key=f"{key}/player", run=f"recorded {key}", look=shown.look, finished=True)
    if run is not None:
        st.fragment(_show, run_every=POLL if polling else None)(run, key, look, total, polling, conclude)


def _say(conclude: Conclude | None, frames: Sequence[Frame]) -> None:
    if conclude is not None and frames:
        st.markdown(f"**{conclude(frames)}**")


def _show(
    run: Run[Step], key: str, look: Look, total: int | None, polling: bool, conclude: Conclude | None = None
) -> None:
    finished = run.finished  # read before the frames: none is added after it is set
    if finished and polling:
        st.rerun()  # the whole page: it shows the last frames, stops polling and disables the stop button
    if run.problem:
        st.warning(run.problem)
    if run.frames:
        _say(conclude, list(run.frames))  # the thread may add more meanwhile
        name = f"{run.name} {look.label}"  # with other curves all frames are sent again
        player(run.frames, key=f"{key}/player", run=name, look=look, finished=finished, total=total)


def _drop_other(key: str, about: Hashable) -> None:
    """Stop and forget a run that was about something else."""
    run: Run[Any] | None = st.session_state.get(f"{key}/run")
    if run is not None and run.about != about:
        _drop(key)


def _drop(key: str) -> Run[Any] | None:
    """Stop the run and forget it; return it, for it still does its current step."""
    run: Run[Any] | None = st.session_state.pop(f"{key}/run", None)
    if run is not None:
        run.stop()
    return run
