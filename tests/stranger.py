"""One visitor who tries to spoil the class, from many tabs with made-up cookies: `python -m tests.stranger ADDRESS`.

Until it is killed it fills the upload endpoint, brings networks that are too deep and as many good ones as are taken,
hands in a lesson that grows when it is read, presses every button and forges the values of all widgets.
"""

import asyncio
import io
import json
import random
import sys
import tempfile
import zipfile
from itertools import count
from pathlib import Path

from core.jobs import network_files
from core.jobs.training_job import NETWORK_NAME
from core.zoo.checkpoints import SHIPPED
from dashboard import PAGES
from dashboard.server.gate import COOKIE
from tests.forger import Forger

LARGE = 4_900_000  # bytes: almost all that server.maxUploadSize lets in
LESSON = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 9)}]\n" for n in range(9)
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


def deep_network(stages: int = 10_000) -> bytes:
    """Return a small file of a network with so many stages that whoever reads a digit in it waits for seconds."""
    card = json.loads((SHIPPED / "standard.json").read_bytes())
    features = card["architecture"]["features"]
    features += [one for one in features if one["kind"] == "relu"][:1] * stages
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
        self._networks = good_network(), deep_network()

    async def annoy(self) -> None:
        """Try everything once, each in a new tab under another number."""
        for act in (self._fill, self._bring, self._teach, self._forge):
            try:
                await act()
            except (OSError, TimeoutError):  # the server is busy, or refuses this one
                await asyncio.sleep(0.1)

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
        tab = await self._open("/train?view=Keep")
        for network in self._networks:
            await self._hand_in(tab, network)
        await tab.close()

    async def _teach(self) -> None:
        tab = await self._open("/lessons")
        await self._hand_in(tab, LESSON.encode())
        await tab.close()

    async def _hand_in(self, tab: Forger, content: bytes) -> None:
        for widget in [name for name, kind in tab.kinds.items() if kind == "file_uploader"]:
            await tab.hand_in(widget, content)

    async def _forge(self) -> None:
        for page in ("train", "quiz?view=The room", self._chance.choice(tuple(PAGES))):
            tab = await self._open(f"/{page}")
            await tab.press_all()
            await tab.forge(8)
            await tab.close()


async def annoy_until_killed(address: str) -> None:
    """Try everything again and again."""
    stranger = Stranger(address)
    while True:
        await stranger.annoy()


if __name__ == "__main__":
    asyncio.run(annoy_until_killed(sys.argv[1]))
