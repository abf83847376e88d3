"""What Streamlit sends to a browser: nothing is dropped, and what belongs together goes together."""

import inspect
import re
from typing import Any

from dashboard.server.streamlit_internals.guard import unless_changed

TEXTS = ("markdown", "heading", "alert", "html")
"""The elements with a text, in Streamlit's messages."""
CODE = ("`", "$", "<code")
BEGINNINGS = {"new_session", "session_status_changed", "add_block"}
MAX_HOLD = 0.03  # seconds
PERCENT, SPREAD, NO_BREAK = re.compile(r" %(?<=\d %)"), " ± ", "\N{NO-BREAK SPACE}"


@unless_changed(None)
def keep_undelivered_messages() -> None:
    """Make a run keep undelivered messages: a run of a fragment all as they are, a run of the page those of an upload.

    Streamlit drops the undelivered messages that the same fragment sent before. The block in which the fragment stands
    is among them, so that later elements have no place: whoever drew while the page was loading got an empty page.
    Upstream introduced this with https://github.com/streamlit/streamlit/pull/9381; the empty page is not reported as
    far as we know.

    Of what it keeps it says that the run before had ended early. The browser then leaves on the page what that run has
    removed, and removes it later: a button below moved away under the finger. Not reported as far as we know.

    When the whole page runs, Streamlit drops the addresses to which the browser may upload a file, too. The browser
    requests them once, so the upload never began if the page ran at that moment. Not reported as far as we know.
    """
    from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

    drop = ForwardMsgQueue.clear
    found = list(inspect.signature(drop).parameters)
    if found != ["self", "retain_lifecycle_msgs", "fragment_ids_this_run"]:
        raise AttributeError(f"ForwardMsgQueue.clear takes {', '.join(found)}")

    def clear(
        self: ForwardMsgQueue, retain_lifecycle_msgs: bool = False, fragment_ids_this_run: list[str] | None = None
    ) -> None:
        if retain_lifecycle_msgs and fragment_ids_this_run is not None:
            self._delta_index_map = {}  # what comes now is joined to none of them
            return
        waiting = self._queue if retain_lifecycle_msgs else ()
        addresses = [message for message in waiting if message.HasField("file_urls_response")]
        drop(self, retain_lifecycle_msgs)
        self._queue[:0] = [message for message in addresses if message not in self._queue]

    setattr(ForwardMsgQueue, "clear", clear)  # noqa: B010 (to mypy it is a function)


@unless_changed(None)
def send_beginnings_with_elements() -> None:
    """Keep what a fragment's run sends before its first element until that is there, for MAX_HOLD at most.

    Streamlit sends at once that a run has begun, and the browser works on that for 10 to 20 ms, in which the answer
    waits (not reported upstream as far as we know). Later calls do nothing.
    """
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
    from streamlit.proto.NewSession_pb2 import NewSession
    from streamlit.runtime.app_session import AppSession
    from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

    flush = AppSession.flush_browser_queue
    if hasattr(flush, "holds"):
        return
    probe = ForwardMsg(new_session=NewSession())
    probe.metadata.run.fragment_ids.append("")
    _find_beginning([probe, *ForwardMsgQueue()._queue])  # AttributeError here, not in the server's loop

    def release(self: Any) -> None:
        if self.holds_beginning:
            self.holds_beginning = False
            self._message_enqueued_callback()

    def flush_together(self: Any) -> Any:
        queue, holds = self._browser_queue, getattr(self, "holds_beginning", None)
        if queue.is_empty():
            return []
        begun = _find_beginning(queue._queue)
        if begun is None or holds is False:  # it was held for long enough
            self.holds_beginning = None
            return flush(self)
        if holds is None:
            self.holds_beginning = True
            self._event_loop.call_later(MAX_HOLD, release, self)
        held = queue._queue[begun:]
        del queue._queue[begun:]
        sent, queue._queue = flush(self), held
        return sent

    setattr(flush_together, "holds", True)  # noqa: B010 (to mypy it is a function)
    setattr(AppSession, "flush_browser_queue", flush_together)  # noqa: B010


def _find_beginning(messages: Any) -> int | None:
    """Return the place of the last run's first message if it is a fragment's and no element has followed; else None."""
    places = (place for place in reversed(range(len(messages))) if messages[place].WhichOneof("type") == "new_session")
    if (begun := next(places, None)) is None or not messages[begun].metadata.run.fragment_ids:
        return None
    kinds = {message.delta.WhichOneof("type") or message.WhichOneof("type") for message in messages[begun:]}
    return begun if kinds <= BEGINNINGS else None


@unless_changed(None)
def keep_units_beside_numbers() -> None:
    """Put a no-break space between a number and "%", and around "±", in Markdown, headings, alerts and HTML.

    A browser breaks lines there, and CSS has no rule against it. Later calls do nothing.
    """
    from streamlit.runtime.app_session import AppSession

    send = AppSession._enqueue_forward_msg
    if hasattr(send, "joins"):
        return

    def send_joined(self: Any, message: Any) -> None:
        if message.WhichOneof("type") == "delta":
            join_units(message.delta)
        send(self, message)

    setattr(send_joined, "joins", True)  # noqa: B010 (to mypy it is a function)
    setattr(AppSession, "_enqueue_forward_msg", send_joined)  # noqa: B010


def join_units(delta: Any) -> None:
    """Put the no-break spaces into the text of an element, if this delta has one; not into code or formulas."""
    kind = delta.new_element.WhichOneof("type") if delta.WhichOneof("type") == "new_element" else None
    if kind not in TEXTS:
        return
    text: Any = getattr(delta.new_element, kind)
    body = getattr(text, "body", "")
    joined = PERCENT.sub(f"{NO_BREAK}%", body).replace(SPREAD, SPREAD.replace(" ", NO_BREAK))
    if joined != body and not any(sign in body for sign in CODE):
        text.body = joined
