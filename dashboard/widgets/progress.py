"""Long work on a page: how far it is, how long it still takes, what is there already, and a button that stops it."""

import time
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import streamlit as st

from dashboard.server import budget

Record = TypeVar("Record")
Task = TypeVar("Task", bound=Hashable)


def with_progress(steps: Iterable[Record], count: float, text: str) -> Iterator[Record]:
    """Pass the records on while a bar shows how many of `count` are there, and the time left; then it goes."""
    bar, begun = st.progress(0.0, text), time.monotonic()
    for done, step in enumerate(_in_parts(steps), 1):
        share = min(1.0, done / count)
        bar.progress(share, f"{text} {describe_time_left(time.monotonic() - begun, share)}")
        yield step
    bar.empty()


def _in_parts(steps: Iterable[Record]) -> Iterator[Record]:
    """Pass the records on; computing each may take the time of a part."""
    iterator = iter(steps)
    with suppress(StopIteration):
        while True:
            with budget.part():
                step = next(iterator)
            yield step


def describe_time_left(elapsed: float, share: float) -> str:
    """Return about how long the rest takes, when `share` (0 to 1) took `elapsed` seconds; "" in the first second."""
    if elapsed < 1 or not share:
        return ""
    return f"About {format_duration(max(1, elapsed / share - elapsed))} left."


def format_duration(seconds: float) -> str:
    """Return a duration in seconds, minutes or hours."""
    if seconds < 1:
        return f"{seconds:.2g} s"
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


@dataclass
class _Results(Generic[Task]):
    """What has been computed so far, kept until `about` changes."""

    about: Hashable = None
    found: dict[Task, Any] = field(default_factory=dict)


def compute_in_parts(
    tasks: Sequence[Task],
    compute: Callable[[Task], Any],
    show: Callable[[dict[Task, Any]], None],
    *,
    key: str,
    start: str,
    about: Hashable,
    weigh: Callable[[Task], float] = lambda task: 1.0,
) -> None:
    """Draw a button that computes all tasks, quick ones first, and one that stops; `show` what is there so far.

    `weigh` says how long a task takes, in any unit. Results stay after a stop, until `about` changes. Stop works
    because a click on any button ends the run of the page.
    """
    results: _Results[Task] = st.session_state.setdefault(f"{key} results", _Results())
    if results.about != about:
        results.about, results.found = about, {}
    with st.container(horizontal=True):
        begun = st.button(start, type="primary", key=key)
        stop, status = st.empty(), st.empty()
    place = st.empty()
    if begun:
        stop.button("Stop", key=f"{key} stop")
        left = [task for task in tasks if task not in results.found]
        _compute_all(sorted(left, key=weigh), compute, show, results.found, weigh, status, place)
        stop.empty()
    if results.found:
        with place.container():
            show(results.found)


def _compute_all(
    tasks: Sequence[Task],
    compute: Callable[[Task], Any],
    show: Callable[[dict[Task, Any]], None],
    found: dict[Task, Any],
    weigh: Callable[[Task], float],
    status: Any,
    place: Any,
) -> None:
    total, done, begun, shown = sum(map(weigh, tasks)), 0.0, time.monotonic(), time.monotonic()
    for task in tasks:
        if time.monotonic() - shown > 1 and found:  # before each task: a chart that is shown twice is an error
            with place.container():
                show(found)
            shown = time.monotonic()
        with budget.part():
            found[task] = compute(task)
        done += weigh(task)
        left = describe_time_left(time.monotonic() - begun, done / total)
        status.caption(f"{100 * done / total:.0f} % done. {left}")
    status.empty()
