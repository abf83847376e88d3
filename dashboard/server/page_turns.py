"""Whose run computes now: strokes at once, pages one after the other.

Python lets one thread compute at a time, and each for half a millisecond. A stroke has its turn about a hundred times
and waits each time for all threads that compute, so every further page that computes beside it makes it slower. One
page computes at a time, then, and it pauses while a stroke is answered.
"""

import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

from core.system import interrupts
from dashboard.server import locks

PAGE_TIME = 0.5  # seconds for which a page has its turn; what takes longer goes on beside the next one
CHECK_EVERY = 0.1  # seconds between two looks whether a turn has ended this way
HALF_LIFE = 10.0  # seconds after which half of what a tab has computed is forgotten
ALLOWANCE = 5.0  # seconds: who draws all the time computes for two; a tab with more waits with its strokes, too
NEW = 1.0  # seconds that a new tab counts as having computed: opening another one puts nobody ahead
MAX_TABS = 10_000  # whose computing is remembered
STROKE_TIME = 0.3  # seconds for which others pause for a stroke at most; its bars take a tenth of that
PAUSE = 0.002  # seconds between two looks whether a stroke is answered
MAX_PAUSED = 2.0  # seconds that a thread pauses at most for each that it computes: a class that draws stops no page
TINY = 1e-9  # seconds: zero has no logarithm

Place = tuple[float, int]
"""The tab's account and the number of the run: the smallest comes first."""


class Accounts:
    """How long each tab has computed lately.

    An account is the logarithm of the seconds, plus the half-lives that the clock has counted. It stays as it is while
    the tab computes nothing, so accounts of different times can be compared.
    """

    def __init__(self) -> None:
        self._accounts: dict[str, float] = {}

    def find(self, tab: str) -> float:
        """Return a tab's account; a new one waits like one of NEW seconds, but is charged only for what it computes."""
        return self._accounts.get(tab, math.log2(NEW) + _half_lives())

    def seconds(self, tab: str) -> float:
        """Return how many seconds a tab has computed; each counts half as much after HALF_LIFE."""
        return 2 ** (self._accounts[tab] - _half_lives()) if tab in self._accounts else 0.0

    def charge(self, tab: str, seconds: float) -> None:
        """Add what a tab has computed until now; beyond MAX_TABS, those that computed longest ago are forgotten."""
        total = self.seconds(tab) + seconds + TINY
        self._accounts.pop(tab, None)  # so that it becomes the last one
        self._accounts[tab] = math.log2(total) + _half_lives()
        while len(self._accounts) > MAX_TABS:
            del self._accounts[next(iter(self._accounts))]


def _half_lives() -> float:
    return time.monotonic() / HALF_LIFE


class PageTurns:
    """Lets one page compute at a time; of those that wait, the one whose tab has computed least lately is next."""

    def __init__(self) -> None:
        self._lock, self._numbers, self._accounts = threading.Lock(), count(), Accounts()
        self._waiting: dict[Place, threading.Event] = {}
        self._begun: dict[Place, float] = {}  # when each turn began, of the runs that have not ended
        self._strokes: dict[int, float] = {}  # until when all else pauses for the stroke that a thread answers
        self._paused = threading.local()  # `seconds` of each thread

    @contextmanager
    def take(self, tab: str, is_fragment: bool, by_timer: bool = False) -> Iterator[None]:
        """Let a run of this tab compute when it is its turn.

        A stroke, like all that reruns only a fragment, does not wait unless its tab has computed for ALLOWANCE. Nobody
        pauses for what a timer has begun: the pages of a class would, for the phones that look where their teacher is.
        """
        with self._lock:
            waits = not is_fragment or self._accounts.seconds(tab) > ALLOWANCE
        place = self._wait(tab) if waits else None
        if not waits and not by_timer:
            self._strokes[threading.get_ident()] = time.monotonic() + STROKE_TIME
        begun = interrupts.thread_time()
        try:
            yield
        finally:
            self._end(tab, place, interrupts.thread_time() - begun)

    def pause(self) -> None:
        """Let strokes go first: called between the parts of all that computes. Who holds their lock does not pause."""
        if not self._strokes or self._answers_stroke(threading.get_ident()) or locks.LIVE.is_held_here():
            return
        paused, most = getattr(self._paused, "seconds", 0.0), MAX_PAUSED * interrupts.thread_time()
        while paused < most and self._is_answering_a_stroke():
            time.sleep(PAUSE)
            paused += PAUSE
        self._paused.seconds = paused

    def _is_answering_a_stroke(self) -> bool:
        return any(self._answers_stroke(thread) for thread in list(self._strokes))

    def _answers_stroke(self, thread: int) -> bool:
        return time.monotonic() < self._strokes.get(thread, 0.0)

    def _wait(self, tab: str) -> Place:
        admitted = threading.Event()
        with self._lock:
            place = self._accounts.find(tab), next(self._numbers)
            self._waiting[place] = admitted
            self._admit()
        try:
            while not admitted.wait(CHECK_EVERY):
                with self._lock:
                    self._admit()
        except BaseException:  # a run that is stopped while it waits has no turn
            with self._lock:
                self._waiting.pop(place, None)
                self._begun.pop(place, None)
                self._admit()
            raise
        return place

    def _end(self, tab: str, place: Place | None, seconds: float) -> None:
        self._strokes.pop(threading.get_ident(), None)
        with self._lock:
            self._accounts.charge(tab, seconds)
            if place is not None:
                del self._begun[place]
                self._admit()

    def _admit(self) -> None:
        """Let the next page begin, unless another one has had its turn for less than PAGE_TIME."""
        now = time.monotonic()
        if self._waiting and all(now > begun + PAGE_TIME for begun in self._begun.values()):
            place = min(self._waiting)
            self._begun[place] = now
            self._waiting.pop(place).set()
