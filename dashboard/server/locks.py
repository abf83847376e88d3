"""Locks that all visitors share: work of thirty visitors at once would only compete for the interpreter.

Each kind of work has its own, so that long work leaves a processor to live pages.
"""

import threading

LIVE = threading.RLock()
"""Held while a page computes what it shows at once, never while an upload is opened: that may take seconds."""
LONG = threading.RLock()
"""Held for each step of work that takes seconds."""
NOISE = threading.RLock()
"""Held for each step of a universal noise."""
VGG16_TUNING = threading.Lock()
"""Held while VGG16 is fine-tuned: three such trainings at once take half a gigabyte."""
