"""A visitor without a browser who follows a class: it asks as often as the page's fragments say, and goes along."""

import asyncio
from contextlib import suppress
from time import perf_counter

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.exceptions import ConnectionClosed

from tests.visitor import Visitor


class Follower(Visitor):
    """One tab that stays open; `title` is that of the page which is there, whole.

    The message that a run has ended would not do: the server drops it where a fragment runs before it is sent.
    """

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.title = self._drawn = self._page = ""
        self.text = ""
        self.lines = set[str]()  # all Markdown that came
        self.watched, self.seen = "", False  # words, and whether any message had them
        self._fields = dict[str, tuple[str, str]]()  # widgets and their fragments by label
        self._arrivals = asyncio.Queue[tuple[str, float]]()
        self._polls: dict[str, asyncio.Task[None]] = {}

    async def wait_for(self, title: str, since: float = 0.0, limit: float = 60.0) -> float:
        """Return when the page of this title was there, after `since`. Raises TimeoutError."""
        async with asyncio.timeout(limit):
            while True:
                arrived, when = await self._arrivals.get()
                if arrived == title and when > since:
                    return when

    async def wait_until_said(self, words: str, limit: float = 60.0) -> None:
        """Return when the bar of the class has said these words. Raises TimeoutError."""
        async with asyncio.timeout(limit):
            while words not in self.text:
                await asyncio.sleep(0.05)

    async def wait_until_read(self, words: str, limit: float = 60.0) -> None:
        """Return when some Markdown has held these words. Raises TimeoutError."""
        async with asyncio.timeout(limit):
            while not any(words in line for line in self.lines):
                await asyncio.sleep(0.05)

    async def answer(self, words: str, limit: float = 60.0) -> None:
        """Type an answer to the question of the class and send it, as a form in a browser does. Raises TimeoutError."""
        async with asyncio.timeout(limit):
            while not {"Your answer", "Send"} <= self._fields.keys():  # the form comes after the question
                await asyncio.sleep(0.05)
        field, _ = self._fields["Your answer"]
        button, fragment = self._fields["Send"]
        self._widgets[field] = WidgetState(id=field, string_value=words)
        self._widgets[button] = WidgetState(id=button, trigger_value=True)
        await self._rerun(page_script_hash=self._page, fragment_id=fragment)
        del self._widgets[button]

    async def close(self) -> None:
        self._stop_polls()
        await super().close()

    def _take(self, message: ForwardMsg) -> None:
        super()._take(message)
        self.seen |= bool(self.watched) and self.watched.encode() in message.SerializeToString()
        match message.WhichOneof("type"):
            case "new_session" if not message.metadata.run.fragment_ids:
                self._begin(message.new_session.page_script_hash)
            case "auto_rerun":
                self._poll(message.auto_rerun.fragment_id, message.auto_rerun.interval)
            case "delta":
                self._read(message)

    def _begin(self, page: str) -> None:
        """Forget what the page before had."""
        self._stop_polls()
        if page != self._page:
            self._widgets.clear()
        self._page = page

    def _read(self, message: ForwardMsg) -> None:
        element = message.delta.new_element
        if element.html.body.startswith("<h1>"):
            self._drawn = element.html.body.removeprefix("<h1>").partition("</h1>")[0]
        if element.bidi_component.id.endswith("-page-frame"):  # the last of a page
            self.title = self._drawn
            self._arrivals.put_nowait((self.title, perf_counter()))
        for widget in (element.text_input, element.button):
            if widget.id:
                self._fields[widget.label] = (widget.id, message.delta.fragment_id)
        self.lines.add(element.markdown.body)
        if "lass **" in element.markdown.body:
            self.text = element.markdown.body

    def _poll(self, fragment: str, interval: float) -> None:
        if fragment in self._polls:
            self._polls[fragment].cancel()
        self._polls[fragment] = asyncio.create_task(self._ask(fragment, interval))

    async def _ask(self, fragment: str, interval: float) -> None:
        with suppress(ConnectionClosed):
            while True:
                await asyncio.sleep(interval)
                await self._rerun(page_script_hash=self._page, fragment_id=fragment, is_auto_rerun=True)

    def _stop_polls(self) -> None:
        for poll in self._polls.values():
            poll.cancel()
        self._polls.clear()
