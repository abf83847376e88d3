"""What all visitors share about VGG16: the fetching of its weights, and whose turn it is to tune it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from core.digits.downloads import BackgroundDownload
from core.transfer.vgg16_weights import download_weights


@dataclass
class VggDesk:
    """One for all visitors."""

    turn: threading.Lock = field(default_factory=threading.Lock)
    """Held while VGG16 is tuned: three of them that learn take half a gigabyte."""
    download: BackgroundDownload | None = None
    """The last one that somebody has asked for; nothing is ever fetched unasked."""

    def fetch(self) -> None:
        """Begin to fetch the weights, unless that is going on."""
        if self.download is None or self.download.finished:
            self.download = BackgroundDownload("VGG16's weights", steps=download_weights())
