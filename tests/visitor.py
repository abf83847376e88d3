"""A visitor without a browser: it uses Streamlit's websocket protocol and draws on the live canvas.

What is sent is what Chromium was seen to send: with every update the values of all widgets, the address, and the
hashes of the large messages that were kept, so that the server need not send these again.
"""

import asyncio
import base64
import json
import re
from collections import deque
from collections.abc import Coroutine, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import Any, TypeVar

import numpy as np
from PIL import Image, ImageDraw
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ButtonGroup_pb2 import ButtonGroup
from streamlit.proto.ClientState_pb2 import ClientState, ContextInfo
from streamlit.proto.Common_pb2 import StringArray
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from websockets.asyncio.client import connect

from dashboard import PAGES
from tests.pages import to_runs

SIDE, PEN = 280, 22  # canvas pixels
SEND_EVERY, RESPITE, PATIENCE = 0.08, 4, 1.0  # seconds, times, seconds: as in live_canvas.js
UPDATES = 5  # during a stroke; one more at its end
KEPT = 3  # large messages: a browser drops what two runs have not shown again
OPEN_LIMIT, STROKE_LIMIT = 60.0, 5.0  # seconds; the very first visitor waits until the networks are loaded

Result = TypeVar("Result")
Line = Sequence[tuple[float, float]]
Stroke = Sequence[str]  # what is on the canvas at each update, as it is sent; the last one ends the stroke


def run(visit: Coroutine[Any, Any, Result]) -> Result:
    """Run a visit to its end and return its result; playwright's loop may run in this thread, so it has its own."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, visit).result()


def draw_lines(lines: Iterable[Line]) -> list[Stroke]:
    """Draw one line after the other on the same sheet, and return what the canvas sends of each."""
    sheet = Image.new("L", (2 * SIDE, 2 * SIDE))  # halved before it is sent: its edges are soft
    strokes = []
    for line in lines:
        parts = np.array_split(_walk(line), UPDATES + 1)
        strokes.append([_ink(sheet, part) for part in parts])
    return strokes


def _walk(line: Line, steps: int = 60) -> np.ndarray:
    """Return equally spaced places along the line."""
    points = np.asarray(line, float)
    lengths = np.r_[0, np.hypot(*np.diff(points, axis=0).T).cumsum()]
    at = np.linspace(0, lengths[-1], steps)
    return np.stack([np.interp(at, lengths, axis) for axis in points.T], axis=1)


def _ink(sheet: Image.Image, places: np.ndarray) -> str:
    """Ink the places, and return the whole sheet as the canvas sends it."""
    for x, y in 2 * places:
        ImageDraw.Draw(sheet).ellipse((x - PEN, y - PEN, x + PEN, y + PEN), fill=255)
    return base64.b64encode(to_runs(np.asarray(sheet.reduce(2)))).decode()


class Visitor:
    """One tab on a page of the dashboard; `readings` is the html that it shows, `errors` counts what went wrong.

    `canvas` is which one is drawn on: "draw", or "erase" to rub out; `cookie` is what its browser sends.
    """

    def __init__(self, address: str, canvas: str = "draw") -> None:
        self.address = address
        self.cookie = ""
        self._key = canvas
        self.readings = ""
        self.errors = 0
        self._widgets: dict[str, WidgetState] = {}
        self._kept: deque[str] = deque(maxlen=KEPT)  # in the order in which they were last shown
        self._query = self._canvas = self._fragment = self._script = ""
        self._number = self._heard = 0  # of the last update sent, and of the last one answered
        self._sent = self._took = 0.0  # when that was, and how long an answer takes
        self._opened, self._answers = asyncio.Event(), asyncio.Queue[tuple[int, float]]()

    async def open(self, path: str = "/compare") -> None:
        """Open a page as a new visitor, and return when it is there."""
        self._url = f"{self.address}{path}"
        stream = f"{self.address.replace('http', 'ws', 1)}/_stcore/stream"
        cookie = {"Cookie": self.cookie}
        self._socket = await connect(
            stream, subprotocols=["streamlit"], compression=None, max_size=None, additional_headers=cookie
        )
        self._listener = asyncio.create_task(self._listen())
        name, _, self._query = path.strip("/").partition("?")
        await self._rerun(page_name=name)
        await asyncio.wait_for(self._opened.wait(), OPEN_LIMIT)

    async def go_to(self, name: str) -> None:
        """Change to another page in the same session, as a click in the menu does, and return when it is there."""
        self._url, self._query = f"{self.address}/{name}", ""
        self._widgets.clear()
        self._opened.clear()
        await self._rerun(page_name=name)
        await asyncio.wait_for(self._opened.wait(), OPEN_LIMIT)

    async def open_every_page(self) -> None:
        """Open one page after the other in the same session; of those that read a digit, with a hole in it."""
        await self.open("/compare?sample=18&erased=HCUT")  # the restoring network has something to fill
        for name in PAGES:
            await self.go_to(name)

    async def draw(self, stroke: Stroke, limit: float = STROKE_LIMIT) -> float:
        """Draw at a hand's pace; return the seconds from the end of the stroke to the readings that answer it.

        Raises TimeoutError when there are none in time.
        """
        begun = perf_counter()
        for picture in stroke[:-1]:
            await asyncio.sleep(SEND_EVERY)
            if perf_counter() >= self._due(begun):
                await self._send(picture, going=True)
        ended = perf_counter()
        await self._send(stroke[-1], going=False)
        return await asyncio.wait_for(self._answer(), limit) - ended

    async def close(self) -> None:
        """Close the connection, as closing a tab does."""
        await self._socket.close()
        await self._listener

    def _due(self, begun: float) -> float:
        """Return when the stroke may be sent next, as the canvas does it: a busy server is left alone for longer."""
        wait = max(SEND_EVERY, RESPITE * self._took) if self._heard >= self._number else PATIENCE
        since = self._sent if self._took < SEND_EVERY else max(self._sent, begun)
        return since + min(wait, PATIENCE)

    async def _answer(self) -> float:
        """Return when the readings of the whole stroke came: they say which update they answer."""
        while True:
            number, came = await self._answers.get()
            if number >= self._number:
                return came

    async def _send(self, picture: str, *, going: bool) -> None:
        assert self._canvas, "there is no canvas to draw on"
        self._number += 1
        self._sent = perf_counter()
        sent = {"board": "", "number": self._number, "going": going, "cleared": 0, "content": picture}
        self._widgets[self._canvas] = WidgetState(id=self._canvas, json_value=json.dumps({"sent": sent}))
        await self._rerun(page_script_hash=self._script, fragment_id=self._fragment)

    async def _rerun(self, **where: Any) -> None:
        state = ClientState(
            query_string=self._query,
            widget_states=WidgetStates(widgets=self._widgets.values()),
            cached_message_hashes=self._kept,
            context_info=ContextInfo(timezone="UTC", locale="en-US", url=self._url, color_scheme="light"),
            **where,
        )
        await self._socket.send(BackMsg(rerun_script=state).SerializeToString())

    async def _listen(self) -> None:
        async for frame in self._socket:
            self._take(ForwardMsg.FromString(frame))

    def _take(self, message: ForwardMsg) -> None:
        match message.WhichOneof("type"):
            case "delta":
                self._show(message.delta, message.metadata.active_script_hash)
            case "page_info_changed":
                self._query = message.page_info_changed.query_string
            case "script_finished":
                self._opened.set()
        if large := message.ref_hash or (message.metadata.cacheable and message.hash):
            if large in self._kept:
                self._kept.remove(large)
            self._kept.append(large)

    def _show(self, delta: Delta, script: str) -> None:
        element = delta.new_element
        match element.WhichOneof("type"):
            case "html" if "ns-readings" in element.html.body:
                self.readings = element.html.body
                if found := re.search(rf'data-heard="{self._key} (\d+)"', self.readings):
                    self._heard = int(found[1])
                    self._took = perf_counter() - self._sent
                    self._answers.put_nowait((self._heard, perf_counter()))
            case "bidi_component" if element.bidi_component.id.endswith(f"-{self._key}"):
                self._canvas, self._fragment, self._script = element.bidi_component.id, delta.fragment_id, script
            case "exception":
                self.errors += 1
            case "button_group":
                self._choose(element.button_group)

    def _choose(self, group: ButtonGroup) -> None:
        """Remember what is chosen in a row of buttons: what the page sets, else at first its default."""
        if group.set_value or group.id not in self._widgets:
            chosen = group.raw_values if group.set_value else [group.options[i].content for i in group.default]
            self._widgets[group.id] = WidgetState(id=group.id, string_array_value=StringArray(data=chosen))
