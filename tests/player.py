"""Someone in a room of the quiz, without a browser: reads the page's words, presses its buttons, polls as it does.

Both the player's phone and the projector are such visitors.
"""

import asyncio
import re
from contextlib import suppress
from time import perf_counter

from streamlit.proto.AutoRerun_pb2 import AutoRerun
from streamlit.proto.Button_pb2 import Button
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.exceptions import ConnectionClosed

from dashboard.quiz.kept_game import COOKIE, PATTERN
from tests.visitor import Visitor

PATIENCE = 180.0  # seconds, on a busy machine
ANSWERED = "You answered"


class Player(Visitor):
    """A tab on the page "Human or machine"; with the `cookie` of an earlier one it is the same player."""

    def __init__(self, address: str, cookie: str = "") -> None:
        super().__init__(address)
        self.cookie = cookie
        self.has_answered = False  # whether the page has said that the answer is stored
        self._buttons: dict[str, tuple[str, str, str]] = {}  # by key: id, fragment, page
        self._awaited: list[tuple[re.Pattern[str], asyncio.Future[float]]] = []
        self._polls: dict[str, asyncio.Task[None]] = {}  # by fragment

    @property
    def number(self) -> str:
        """The player's random number, as the room stores it."""
        found = PATTERN.fullmatch(self.cookie.removeprefix(f"{COOKIE}="))
        assert found is not None, "the page has kept no game"
        return found["player"]

    async def enter(self, code: str, view: str = "Play") -> None:
        """Open a view of a room."""
        await self.open(f"/quiz?room={code}&view={view.replace(' ', '+')}")

    async def read(self, words: str) -> float:
        """Wait until the page shows these words, a regular expression; return when they came."""
        came = asyncio.get_running_loop().create_future()
        self._awaited.append((re.compile(words), came))
        return await asyncio.wait_for(came, PATIENCE)

    async def see_answer(self) -> None:
        """Wait until the page has said that the answer is stored."""
        if not self.has_answered:
            await self.read(ANSWERED)

    async def press(self, key: str) -> float:
        """Press the button with this key once it is there; return when. Without a server nothing happens."""
        while key not in self._buttons:
            await asyncio.sleep(0.01)
        widget, fragment, script = self._buttons[key]
        self._widgets[widget] = WidgetState(id=widget, trigger_value=True)
        pressed = perf_counter()
        with suppress(ConnectionClosed):
            await self._rerun(page_script_hash=script, fragment_id=fragment)
        del self._widgets[widget]
        return pressed

    async def close(self) -> None:
        """Close the tab, also after the server was killed."""
        for poll in self._polls.values():
            poll.cancel()
        with suppress(ConnectionClosed):
            await super().close()

    def _take(self, message: ForwardMsg) -> None:
        match message.WhichOneof("type"):
            case "auto_rerun" if message.auto_rerun.fragment_id not in self._polls:
                poll = asyncio.create_task(self._poll(message.auto_rerun, message.metadata.active_script_hash))
                self._polls[message.auto_rerun.fragment_id] = poll
        super()._take(message)

    async def _poll(self, every: AutoRerun, script: str) -> None:
        with suppress(ConnectionClosed):
            while True:
                await asyncio.sleep(every.interval)
                await self._rerun(page_script_hash=script, fragment_id=every.fragment_id, is_auto_rerun=True)

    def _show(self, delta: Delta, script: str) -> None:
        super()._show(delta, script)
        element = delta.new_element
        match element.WhichOneof("type"):
            case "markdown":
                self._note(element.markdown.body)
            case "alert":
                self._note(element.alert.body)
            case "html" if found := re.search(rf"{COOKIE}=[^;]+", element.html.body):
                self.cookie = found[0]
            case "button":
                self._hold(element.button, delta.fragment_id, script)

    def _note(self, text: str) -> None:
        self.has_answered |= ANSWERED in text
        for words, came in self._awaited:
            if not came.done() and words.search(text):
                came.set_result(perf_counter())
        self._awaited = [one for one in self._awaited if not one[1].done()]

    def _hold(self, button: Button, fragment: str, script: str) -> None:
        self._buttons[button.id.split("-", 2)[-1]] = button.id, fragment, script
