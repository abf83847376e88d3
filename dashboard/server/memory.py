"""What glibc keeps of freed memory: by default hundreds of megabytes, in an arena for each of many threads.

Where there is another C library, nothing happens.
"""

import ctypes
import sys
from functools import cache

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8  # malloc.h
ARENAS = 2
LARGE = 4_000_000  # bytes: what is larger goes back as soon as it is freed. A stroke needs nothing so large
KEPT = 16_000_000  # bytes at the end of the heap that are kept for what comes next


@cache
def _glibc() -> ctypes.CDLL | None:
    library = ctypes.CDLL(None) if sys.platform == "linux" else None
    return library if hasattr(library, "mallopt") and hasattr(library, "malloc_trim") else None


def keep_little() -> None:
    """Let freed memory go back to the system early. Call it before there are threads and large tensors."""
    if library := _glibc():
        for option, value in ((M_ARENA_MAX, ARENAS), (M_MMAP_THRESHOLD, LARGE), (M_TRIM_THRESHOLD, KEPT)):
            library.mallopt(option, value)


def give_back() -> None:
    """Give all free pages back to the system."""
    if library := _glibc():
        library.malloc_trim(0)
