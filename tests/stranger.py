"""One visitor who tries to spoil the class, from many tabs with made-up cookies: `python -m tests.stranger ADDRESS`.

Until it is killed it does all of this at once: it fills the upload endpoint, brings networks that are too deep and as
many good ones as are taken, hands in lessons that grow when they are read, begins trainings with a huge batch and work
that takes minutes, presses every button and forges the values of all widgets.
"""

import asyncio
import io
import json
import math
import os
import random
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Awaitable, Callable
from http.client import HTTPException
from itertools import count
from pathlib import Path

from websockets.exceptions import WebSocketException

from core.jobs import network_files
from core.jobs.training_job import NETWORK_NAME
from core.jobs.worker import lower_priority
from core.system.checkpoint_files import SHIPPED
from dashboard import PAGES
from dashboard.server.gate import COOKIE
from tests.forger import Forger

LARGE = 4_900_000  # bytes: almost all that server.maxUploadSize lets in
LONG_WORK = "/pmnist?view=The table&networks=blind&live count=10000"
ALIASES = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 9)}]\n" for n in range(9)
)
MERGES = "a0: &a0 {x0: 1}\n" + "".join(
    f"a{n + 1}: &a{n + 1}\n  <<: [{', '.join([f'*a{n}'] * 9)}]\n  x{n + 1}: 1\n" for n in range(9)
)


def good_network() -> bytes:
    """Return a network that the page Train takes."""
    with tempfile.TemporaryDirectory() as folder:
        for suffix in network_files.SUFFIXES:
            content = (SHIPPED / f"standard.{suffix}").read_bytes()
            if suffix == "json":
                content = json.dumps({**json.loads(content), "name": NETWORK_NAME}).encode()
            (Path(folder) / f"{NETWORK_NAME}.{suffix}").write_bytes(content)
        return network_files.export_network(Path(folder))


def deep_network(kind: str, stages: int = 10_000) -> bytes:
    """Return a small file of a network with so many stages that whoever reads a digit in it waits for seconds."""
    card = json.loads((SHIPPED / "standard.json").read_bytes())
    card["architecture"]["features"] += [{"kind": kind}] * stages
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("network.json", json.dumps({**card, "name": NETWORK_NAME}))
        archive.writestr("network.safetensors", (SHIPPED / "standard.safetensors").read_bytes())
    return stream.getvalue()


class Stranger:
    """All tabs of one visitor."""

    def __init__(self, address: str, seed: int = 0) -> None:
        self._address, self._seeds = address, count(seed * 10_000)
        self._chance = random.Random(seed)
        self._networks = good_network(), deep_network("relu"), deep_network("shuffle")
        self.done: Counter[str] = Counter()
        """How often each of the acts ended."""

    async def annoy(self, end: float) -> None:
        """Try everything at once and again until `end`, at least once, each time in a new tab under another number."""
        acts = (self._fill, self._bring, self._teach, self._learn, self._leave, self._forge)
        await asyncio.gather(*(self._repeat(act, end) for act in acts))

    async def _repeat(self, act: Callable[[], Awaitable[None]], end: float) -> None:
        going = True
        while going:
            try:
                await act()
                self.done[act.__name__.strip("_")] += 1
            except (
                OSError,
                TimeoutError,
                HTTPException,
                WebSocketException,
            ):  # it is busy, or refuses
                await asyncio.sleep(0.1)
            going = time.monotonic() < end

    async def _open(self, path: str) -> Forger:
        tab = Forger(self._address, next(self._seeds))
        tab.cookie = f"{COOKIE}={self._chance.getrandbits(128):032x}"
        await tab.open(path)
        return tab

    async def _fill(self) -> None:
        tab = await self._open("/start")
        for _ in range(12):
            await asyncio.to_thread(tab.put, bytes(LARGE))
        await tab.close()

    async def _bring(self) -> None:
        tab = await self._open("/train?view=Runs")
        for network in self._networks:
            await self._hand_in(tab, network)
        await tab.close()

    async def _teach(self) -> None:
        tab = await self._open("/lessons")
        for lesson in (ALIASES, MERGES):
            await self._hand_in(tab, lesson.encode(), "a.yaml")
        await tab.close()

    async def _learn(self) -> None:
        tab = await self._open("/train")
        await tab.send_number("-train batch", 50_000)
        await tab.press("train go")
        await asyncio.sleep(2)
        await tab.close()

    async def _leave(self) -> None:
        """Begin what takes minutes, and close the tab."""
        tab = await self._open(LONG_WORK)
        await tab.press("measure")
        await asyncio.sleep(2)
        await tab.close()

    async def _hand_in(self, tab: Forger, content: bytes, name: str = "a.zip") -> None:
        for widget in [name for name, kind in tab.kinds.items() if kind == "file_uploader"]:
            await tab.hand_in(widget, content, name)

    async def _forge(self) -> None:
        for page in ("train", "quiz?view=The room", self._chance.choice(tuple(PAGES))):
            tab = await self._open(f"/{page}")
            await tab.press_all()
            await tab.forge(8)
            await tab.close()


if __name__ == "__main__":
    os.setsid()  # a priority of its own, the lowest: a stranger has a computer of their own
    lower_priority(19)
    asyncio.run(Stranger(sys.argv[1]).annoy(math.inf))
