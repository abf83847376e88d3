"""Downloads in the background that all visitors share."""

import threading
from collections.abc import Callable

from core.digits import datasets
from core.digits.downloads import BackgroundDownload
from core.transfer.vgg16_weights import download_weights


class SharedDownload:
    """One file or data set to download, by at most one thread at a time."""

    def __init__(self, begin: Callable[[], BackgroundDownload]) -> None:
        self.last: BackgroundDownload | None = None
        """The download that was started last, running or finished; None before the first."""
        self._begin, self._lock = begin, threading.Lock()

    def start_again(self) -> None:
        """Do as `start`, for a button that allows no return value."""
        self.start()

    def start(self) -> BackgroundDownload:
        """Start the download unless it is running; return it."""
        with self._lock:
            if self.last is None or self.last.finished:
                self.last = self._begin()
            return self.last


MNIST = SharedDownload(lambda: BackgroundDownload("MNIST", datasets.PROJECT_DATA))
VGG16 = SharedDownload(lambda: BackgroundDownload("VGG16's weights", steps=download_weights()))
