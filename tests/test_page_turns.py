"""Pages are computed one after the other, in a fair order, and strokes do not wait for them."""

import math
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext

import pytest

from dashboard.server import locks, page_turns
from dashboard.server.page_turns import PageTurns

LIMIT = 20.0  # seconds that a test waits at most


def compute(seconds: float) -> None:
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


class Runs:
    """Runs of tabs in threads of their own; each goes on until it may end."""

    def __init__(self) -> None:
        self.turns, self.begun = PageTurns(), list[str]()
        self._pool, self._ends = ThreadPoolExecutor(10), dict[str, threading.Event]()
        self._changed = threading.Condition()

    def begin(self, name: str, tab: str = "", *, is_fragment: bool = False, by_timer: bool = False) -> Future[None]:
        """Begin a run, and return when it computes or waits."""
        self._ends[name] = threading.Event()
        before, end = self._asked(), time.monotonic() + LIMIT
        found = self._pool.submit(self._run, name, tab or name, is_fragment, by_timer)
        while self._asked() == before and time.monotonic() < end:
            time.sleep(0.01)
        return found

    def _asked(self) -> int:
        return len(self.begun) + len(self.turns._waiting)

    def _run(self, name: str, tab: str, is_fragment: bool, by_timer: bool) -> None:
        with self.turns.take(tab, is_fragment, by_timer):
            with self._changed:
                self.begun.append(name)
                self._changed.notify_all()
            assert self._ends[name].wait(LIMIT)

    def end(self, name: str) -> None:
        self._ends[name].set()

    def wait_for(self, *names: str) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.begun == list(names), LIMIT), self.begun

    def close(self) -> None:
        for end in self._ends.values():
            end.set()
        self._pool.shutdown()


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Runs]:
    monkeypatch.setattr(page_turns, "PAGE_TIME", LIMIT)
    found = Runs()
    yield found
    found.close()


def test_a_page_waits_until_the_one_before_it_has_ended(runs: Runs) -> None:
    for name in "abc":
        runs.begin(name)
    runs.wait_for("a")
    runs.end("a")
    runs.wait_for("a", "b")
    runs.end("b")
    runs.wait_for("a", "b", "c")


def test_a_stroke_does_not_wait(runs: Runs) -> None:
    runs.begin("page")
    runs.begin("stroke", is_fragment=True)
    runs.wait_for("page", "stroke")


def test_a_page_that_takes_long_lets_the_next_one_begin(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_turns, "PAGE_TIME", 0.3)
    runs.begin("long")
    runs.begin("next")
    runs.wait_for("long", "next")


def test_a_page_that_fails_gives_its_turn_back(runs: Runs) -> None:
    with pytest.raises(ValueError), runs.turns.take("a", is_fragment=False):
        raise ValueError
    runs.begin("b")
    runs.wait_for("b")


def test_the_tab_that_has_computed_least_is_next(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_turns, "HALF_LIFE", 1000.0)
    monkeypatch.setattr(page_turns, "NEW", 0.05)
    for tab, seconds in (("busy", 0.2), ("quiet", 0.01)):
        with runs.turns.take(tab, is_fragment=False):
            compute(seconds)
    runs.begin("first")
    for name in ("busy", "new", "quiet"):
        runs.begin(name)
    for ended, names in (("first", ["quiet"]), ("quiet", ["quiet", "new"]), ("new", ["quiet", "new", "busy"])):
        runs.end(ended)
        runs.wait_for("first", *names)


def test_the_runs_of_one_tab_keep_their_order(runs: Runs) -> None:
    runs.begin("first")
    for name in "abc":
        runs.begin(name, "tab")
    for ended, names in (("first", "a"), ("a", "ab"), ("b", "abc")):
        runs.end(ended)
        runs.wait_for("first", *names)


def test_a_tab_that_computes_all_the_time_waits_with_its_strokes_too(runs: Runs) -> None:
    runs.turns._accounts.charge("busy", 2 * page_turns.ALLOWANCE)
    runs.begin("page")
    runs.begin("stroke", "busy", is_fragment=True)
    runs.wait_for("page")
    runs.end("page")
    runs.wait_for("page", "stroke")


def test_what_a_tab_has_computed_is_forgotten(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    accounts, now = runs.turns._accounts, time.monotonic()
    accounts.charge("busy", 8)
    monkeypatch.setattr(time, "monotonic", lambda: now + 2 * page_turns.HALF_LIFE)
    assert accounts.seconds("busy") == pytest.approx(2.0, rel=0.01)
    accounts.charge("busy", 1)
    assert accounts.seconds("busy") == pytest.approx(3.0, rel=0.01)


def test_only_so_many_tabs_are_remembered(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_turns, "MAX_TABS", 3)
    for tab in "abcacd":
        runs.turns._accounts.charge(tab, 1)
    assert list(runs.turns._accounts._accounts) == ["a", "c", "d"], "b computed longest ago"


def test_a_run_that_is_stopped_while_it_waits_has_no_turn(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    runs.begin("page")
    with monkeypatch.context() as patched:
        patched.setattr(page_turns, "CHECK_EVERY", "a time that no lock takes: the wait raises")
        with pytest.raises(TypeError), runs.turns.take("stopped", is_fragment=False):
            pass
    assert not runs.turns._waiting
    runs.begin("next")
    runs.end("page")
    runs.wait_for("page", "next")


@pytest.fixture
def pausing(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> Runs:
    """Runs of which the strokes take as long as the test wants, and others pause as long."""
    monkeypatch.setattr(page_turns, "STROKE_TIME", LIMIT)
    monkeypatch.setattr(page_turns, "MAX_PAUSED", math.inf)
    return runs


def pause_elsewhere(turns: PageTurns, *, holding: bool = False) -> Future[None]:
    """Let a thread of its own pause as a page does, perhaps with the lock of strokes in its hand."""

    def work() -> None:
        with locks.LIVE if holding else nullcontext():
            turns.pause()

    return ThreadPoolExecutor(1).submit(work)


def test_a_page_pauses_until_the_stroke_is_answered(pausing: Runs) -> None:
    pausing.begin("stroke", is_fragment=True)
    paused = pause_elsewhere(pausing.turns)
    with pytest.raises(TimeoutError):
        paused.result(0.2)
    pausing.end("stroke")
    paused.result(LIMIT)


def test_a_page_does_not_pause_beside_other_pages(pausing: Runs) -> None:
    pausing.begin("page")
    pause_elsewhere(pausing.turns).result(LIMIT / 2)


def test_a_page_does_not_pause_for_what_a_timer_has_begun(pausing: Runs) -> None:
    pausing.begin("look where the class is", is_fragment=True, by_timer=True)
    pause_elsewhere(pausing.turns).result(LIMIT / 2)


def test_a_page_that_holds_what_strokes_wait_for_does_not_pause(pausing: Runs) -> None:
    pausing.begin("stroke", is_fragment=True)
    pause_elsewhere(pausing.turns, holding=True).result(LIMIT / 2)
    pausing.end("stroke")


def test_a_fragment_that_takes_long_is_no_stroke(pausing: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_turns, "STROKE_TIME", 0.1)
    pausing.begin("measurement", is_fragment=True)
    pause_elsewhere(pausing.turns).result(LIMIT / 2)


def test_endless_strokes_stop_no_page(pausing: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_turns, "MAX_PAUSED", 1.0)
    pausing.begin("stroke", is_fragment=True)
    pause_elsewhere(pausing.turns).result(LIMIT / 2)


def test_the_lock_of_strokes_knows_its_holder() -> None:
    lock = locks.LiveLock()
    with lock, lock, ThreadPoolExecutor(1) as other:
        assert lock.is_held_here()
        assert not other.submit(lock.acquire, timeout=0).result()
        assert not other.submit(lock.is_held_here).result()
    assert not lock.is_held_here()
