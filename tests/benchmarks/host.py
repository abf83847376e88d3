"""What a small host needs: the memory of a server that has shown every page, and how long its first visitor waits."""

import asyncio
import time

from core.digits import datasets
from dashboard import PAGES
from tests.benchmarks import Measured, NotMeasurable
from tests.browser import serve
from tests.many_visitors import Unusable, usage
from tests.visitor import Visitor

VISITORS = 10
SETTLED = 25.0  # seconds after which what was freed has been given back: see GIVE_BACK_EVERY of the server
IDLE, PATIENCE = 0.03, 180  # seconds of processor time in three seconds, and seconds until then


def host_memory() -> Measured:
    """Return the resident megabytes after ten visitors opened every page."""
    _need_mnist()
    try:
        with serve("dashboard") as address:
            return asyncio.run(_visit_all(address))
    except Unusable as reason:
        raise NotMeasurable(str(reason)) from None


def first_visitor() -> Measured:
    """Return how long the first visitor waits for the page Start, as a share of what the second one waits."""
    _need_mnist()
    with serve("dashboard") as address:
        _wait_until_idle(address)
        first, second = (asyncio.run(_open(address)) for _ in range(2))
    return Measured(first / second, [first / second], f"{first:.2f} s and {second:.2f} s.")


def _need_mnist() -> None:
    if not datasets.is_available("MNIST"):
        raise NotMeasurable("MNIST is not on this machine, and the offline digits take less memory.")


def _wait_until_idle(address: str) -> None:
    """Return when the server has loaded what it loads at its start."""
    used, end = -1.0, time.monotonic() + PATIENCE
    while usage(address).cpu - used > IDLE and time.monotonic() < end:
        used = usage(address).cpu
        time.sleep(3)


async def _visit_all(address: str) -> Measured:
    """Let ten visitors stay, each of whom opens every page."""
    visitors, taken = [Visitor(address) for _ in range(VISITORS)], []
    for visitor in visitors:
        await visitor.open_every_page()
        taken.append(usage(address).memory)
    await asyncio.sleep(SETTLED)
    settled, errors = usage(address).memory, sum(visitor.errors for visitor in visitors)
    await asyncio.gather(*(visitor.close() for visitor in visitors))
    return Measured(settled, [*taken, settled], f"{errors} errors on {VISITORS * len(PAGES)} pages.")


async def _open(address: str) -> float:
    visitor, begun = Visitor(address), time.perf_counter()
    await visitor.open("/start")
    waited = time.perf_counter() - begun
    await visitor.close()
    return waited
