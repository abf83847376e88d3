"""Locks that all visitors share: work of thirty visitors at once would only compete for the interpreter.

Each kind of work has its own, so that long work leaves a processor to live pages.
"""

import threading


class LiveLock:
    """A lock that its thread may take again, and that says whether this thread holds it."""

    def __init__(self) -> None:
        self._lock, self._here = threading.RLock(), threading.local()

    def acquire(self, timeout: float = -1) -> bool:
        """Return whether the lock was to be had within `timeout` seconds; -1 waits as long as it takes."""
        acquired = self._lock.acquire(timeout=timeout)
        self._here.times = self._times() + acquired
        return acquired

    def release(self) -> None:
        """Give the lock back; once for each time that it was acquired."""
        self._lock.release()
        self._here.times -= 1

    def is_held_here(self) -> bool:
        """Return whether this thread holds the lock."""
        return self._times() > 0

    def _times(self) -> int:
        return getattr(self._here, "times", 0)

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(self, *error: object) -> None:
        self.release()


LIVE = LiveLock()
"""Held while a page computes what it shows at once, never while an upload is opened: that may take seconds."""
LONG = threading.RLock()
"""Held for each step of work that takes seconds."""
ONNX = threading.Lock()
"""Held while an ONNX file is opened, which waits for a process of its own, and measured."""
UPLOADED_SET = threading.Lock()
"""Held while the files of an own set are read, which may wait for a process of its own, or a ZIP of many pictures."""
NOISE = threading.RLock()
"""Held for each step of a universal noise."""
VGG16_TUNING = threading.Lock()
"""Held while VGG16 is fine-tuned: three such trainings at once take half a gigabyte."""
