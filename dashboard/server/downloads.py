"""Downloads in the background that all visitors share."""

import threading
from collections.abc import Callable
from functools import partial

from core.digits import datasets
from core.digits.downloads import BackgroundDownload
from core.transfer.vgg16_weights import download_weights


class SharedDownload:
    """One file or data set to download, by at most one thread at a time."""

    def __init__(self, begin: Callable[[], BackgroundDownload]) -> None:
        self.last: BackgroundDownload | None = None
        """The download that was started last, running or finished; None before the first."""
        self._begin, self._lock = begin, threading.Lock()

    @property
    def running(self) -> bool:
        return self.last is not None and not self.last.finished

    def start_again(self) -> None:
        """Do as `start`, for a button that allows no return value."""
        self.start()

    def start(self) -> BackgroundDownload:
        """Start the download unless it is running; return it."""
        with self._lock:
            if self.last is None or self.last.finished:
                self.last = self._begin()
            return self.last


SETS = {
    name: SharedDownload(partial(BackgroundDownload, name, datasets.PROJECT_DATA)) for name in datasets.STORED_DATASETS
}
"""The download of each data set, by its name."""
MNIST = SETS["MNIST"]
_one_set = threading.Lock()
VGG16 = SharedDownload(lambda: BackgroundDownload("VGG16's weights", steps=download_weights()))


def start_set(name: str) -> str:
    """Start the download of a set; return a sentence if another one is being fetched: one at a time is enough."""
    with _one_set:
        busy = next((other for other, one in SETS.items() if one.running and other != name), "")
        if not busy:
            SETS[name].start()
    return busy and f"{busy} is being fetched now. {name} can be fetched when that is done."
